using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>Parameters of <c>multislerp</c>.</summary>
public sealed record MultiSlerpOptions
{
    /// <summary>The weight of a model.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>Whether weights are divided by their sum.</summary>
    public bool NormalizeWeights { get; init; } = true;

    /// <summary>What is added to lengths that are divided by; a mean direction shorter than this counts as none.</summary>
    [Range(0.0, 1.0)]
    public double Eps { get; init; } = 1e-8;
}
