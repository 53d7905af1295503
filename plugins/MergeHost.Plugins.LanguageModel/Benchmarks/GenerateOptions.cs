using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Options of <c>generate</c>.</summary>
public sealed record GenerateOptions : TaskOptions
{
    /// <summary>The right answer: a template that gives a text, or a list of texts of which any is right.</summary>
    public string Answer { get; init; } = "{{answer}}";

    /// <summary>The scale of the answer, a template that gives <c>thousand</c>, <c>million</c>, <c>billion</c>, <c>percent</c> or nothing:
    /// then all texts of a list together are the answer, and it is compared as TAT-QA's own metric does.</summary>
    public string? Scale { get; init; }

    /// <summary>The most tokens that the model writes.</summary>
    [Range(1, 100_000)]
    public int MaxTokens { get; init; } = 64;

    /// <summary>A text that ends the model's answer, where it ends a line by default; empty for none.</summary>
    public string Stop { get; init; } = "\n";

    /// <summary>A regular expression that finds the answer in what the model writes: a match, or its first group
    /// that holds something; none takes all.</summary>
    public string? Pattern { get; init; }

    /// <summary>Which match counts, from 0 for the first; from -1 for the last.</summary>
    [Range(-1000, 1000)]
    public int PatternMatch { get; init; } = -1;

    /// <summary>A regular expression of what is taken out of both before they are compared, such as <c>[,$]</c>.</summary>
    public string? Ignore { get; init; }

    /// <summary>Whether small and capital letters count as equal.</summary>
    public bool IgnoreCase { get; init; }
}
