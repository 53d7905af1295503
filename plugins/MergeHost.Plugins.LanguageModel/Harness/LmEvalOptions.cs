using System.ComponentModel.DataAnnotations;
using MergeHost.Benchmarks;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>Options of <c>lm_eval</c>.</summary>
public sealed record LmEvalOptions
{
    /// <summary>A task file of lm-evaluation-harness, in YAML.</summary>
    [DataFile]
    public required string Task { get; init; }

    /// <summary>The data set's split that is measured, as JSON Lines with the fields that the task names.</summary>
    [DataFile]
    public required string Data { get; init; }

    /// <summary>The split that examples are taken from, in the same form.</summary>
    [DataFile]
    public string? ShotsData { get; init; }

    /// <summary>How many examples stand before each question, the first of <c>shots_data</c>; the task's <c>num_fewshot</c> if nothing is said.</summary>
    [Range(0, 1000)]
    public int? Shots { get; init; }

    /// <summary>The type in which the model computes.</summary>
    public ModelPrecision Precision { get; init; }
}
