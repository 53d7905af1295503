namespace MergeHost.Runtimes;

/// <summary>The special tokens of a model's tokenizer as texts write them, and its chat template;
/// <see langword="null"/> for what it does not have.</summary>
/// <param name="Begin">BOS.</param>
/// <param name="End">EOS.</param>
/// <param name="Unknown">What stands for a letter that no token has.</param>
/// <param name="Padding">What fills rows up.</param>
/// <param name="ChatTemplate">The source of the template, in Jinja.</param>
public sealed record TokenizerDescription(string? Begin, string? End, string? Unknown, string? Padding, string? ChatTemplate);
