using System.ComponentModel.DataAnnotations;
using MergeHost.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Options of <c>perplexity</c>.</summary>
public sealed record PerplexityOptions
{
    /// <summary>A text in UTF-8.</summary>
    [DataFile]
    public required string Data { get; init; }

    /// <summary>How many tokens the model sees at a time, BOS included; the text is cut into windows that do not overlap.</summary>
    [Range(2, 1_000_000)]
    public int Window { get; init; } = 256;

    /// <summary>How many windows are read, from the beginning of the text; all by default.</summary>
    [Range(1, 1_000_000_000)]
    public int? Limit { get; init; }

    /// <summary>The type in which the model computes.</summary>
    public ModelPrecision Precision { get; init; }
}
