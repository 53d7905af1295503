namespace MergeHost.Runtimes;

/// <summary>What a model added to a prompt.</summary>
/// <param name="Prompt">The prompt's tokens, if they were asked for.</param>
/// <param name="Tokens">The tokens that were added, one that ended the text included.</param>
/// <param name="Text">Their text, up to the first of the texts that end it.</param>
/// <param name="IsEnded">Whether it ended by itself or by such a text, and not for its length.</param>
public sealed record GeneratedText(IReadOnlyList<GeneratedToken> Prompt, IReadOnlyList<GeneratedToken> Tokens, string Text, bool IsEnded);

/// <summary>A token, with how likely it was given all before it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogLikelihood">In nats; <see langword="null"/> for the first token of a text.</param>
/// <param name="Alternatives">The likeliest tokens of its place, the likeliest first.</param>
public sealed record GeneratedToken(int Id, double? LogLikelihood, IReadOnlyList<(int Id, double LogLikelihood)> Alternatives);
