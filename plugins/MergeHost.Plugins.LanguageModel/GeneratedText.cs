namespace MergeHost.Plugins.LanguageModel;

/// <summary>What a model added to a prompt.</summary>
/// <param name="Prompt">The prompt's tokens, if they were asked for.</param>
/// <param name="Tokens">The tokens that were added, without one that ended the text.</param>
/// <param name="Text">Their text, up to the first of the texts that end it.</param>
/// <param name="IsEnded">Whether it ended by itself or by such a text, and not for its length.</param>
internal sealed record GeneratedText(IReadOnlyList<ToldToken> Prompt, IReadOnlyList<ToldToken> Tokens, string Text, bool IsEnded);

/// <summary>A token, with how likely it was given all before it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogLikelihood">In nats; <see langword="null"/> for the first token of a text.</param>
/// <param name="Alternatives">The likeliest tokens of its place, the likeliest first.</param>
internal sealed record ToldToken(int Id, double? LogLikelihood, IReadOnlyList<(int Id, double LogLikelihood)> Alternatives);
