using MergeHost.Scoring;

namespace MergeHost.Reports;

/// <summary>What scorers say of an adapted model.</summary>
public sealed record ScoreReport
{
    /// <summary>The model before training.</summary>
    public required string Base { get; init; }

    /// <summary>The model after it.</summary>
    public required string Adapted { get; init; }

    /// <summary>How many layers the model has.</summary>
    public required int LayerCount { get; init; }

    /// <summary>The scorers, in the order in which they were asked for.</summary>
    public required IReadOnlyList<ScorerSummary> Scorers { get; init; }

    /// <summary>The tensors in the order of the model.</summary>
    public required IReadOnlyList<ScoredTensor> Tensors { get; init; }

    /// <summary>What the scores are worth, if that was asked for.</summary>
    public ScoreValidation? Validation { get; init; }
}

/// <summary>A scorer that took part.</summary>
/// <param name="Id">Its name in recipes.</param>
/// <param name="Plugin">The plugin it comes from, with its version.</param>
/// <param name="RestoreFirst">Which of its scores mean that a tensor should be restored first.</param>
/// <param name="Comparability">Among which tensors its scores can be compared.</param>
/// <param name="Options">Its options by name, as recipes have them.</param>
public sealed record ScorerSummary(
    string Id, string Plugin, RestoreFirst RestoreFirst, ScoreComparability Comparability, IReadOnlyDictionary<string, string> Options);

/// <summary>A tensor with its scores.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Module">The module type, such as <c>self_attn.q_proj</c>.</param>
/// <param name="Layer">The number of its layer, or <see langword="null"/> outside the layers.</param>
/// <param name="Shape">Its extents, outermost first.</param>
/// <param name="Scores">By scorer; without those that do not apply.</param>
public sealed record ScoredTensor(
    string Name, string Module, int? Layer, IReadOnlyList<long> Shape, IReadOnlyDictionary<string, ScoreSummary> Scores);

/// <summary>A score.</summary>
/// <param name="Value">The score; finite.</param>
/// <param name="Rank">Its place among the scores that it can be compared with, from 1 for what should be restored
/// first; of equal ones the earlier tensor.</param>
/// <param name="Diagnostics">The numbers it was made of.</param>
public sealed record ScoreSummary(double Value, int Rank, IReadOnlyDictionary<string, double> Diagnostics);
