using System.ComponentModel.DataAnnotations;
using MergeHost.Builders;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>An adapter that is merged with others.</summary>
public sealed record MergedAdapter
{
    /// <summary>The adapter.</summary>
    [Model]
    public required string Model { get; init; }

    /// <summary>The factor on its change.</summary>
    [Range(-1000.0, 1000.0)]
    public double Weight { get; init; } = 1;

    /// <summary>The share of its change that <c>ties</c>, <c>dare_linear</c> and <c>dare_ties</c> keep.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Density { get; init; } = 1;

    /// <summary>Where the recipe names it.</summary>
    public TextPlace? Place { get; init; }
}
