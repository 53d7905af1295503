using System.Composition;

namespace MergeHost.Scoring;

/// <summary>Which end of a score's scale should be restored first.</summary>
public enum RestoreFirst
{
    /// <summary>The highest scores.</summary>
    Highest,

    /// <summary>The lowest scores.</summary>
    Lowest,
}

/// <summary>Among which tensors scores can be compared.</summary>
public enum ScoreComparability
{
    /// <summary>Only among tensors of one module type: those whose names differ in nothing but the layer's
    /// number, such as all query projections.</summary>
    WithinRole,

    /// <summary>Among all tensors of a model.</summary>
    Global,
}

/// <summary>Exports an <see cref="ILayerScorer"/> under the name that recipes use.</summary>
/// <param name="id">The name in the field's own words: lower snake case, such as <c>snr</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class LayerScorerAttribute(string id) : ExportAttribute(typeof(ILayerScorer))
{
    /// <summary>The name in recipes.</summary>
    public string Id { get; } = id;

    /// <summary>Which scores mean that a tensor should be restored first; the highest by default.</summary>
    public RestoreFirst RestoreFirst { get; set; } = RestoreFirst.Highest;

    /// <summary>Among which tensors the scores can be compared; within a role by default.</summary>
    public ScoreComparability Comparability { get; set; } = ScoreComparability.WithinRole;
}
