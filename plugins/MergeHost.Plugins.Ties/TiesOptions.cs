using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Ties;

/// <summary>Parameters of <c>ties</c>.</summary>
public sealed record TiesOptions
{
    /// <summary>The factor on a source's task vector, in the vote as well as in the sum.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>
    /// The share of a source's task vector that survives the trim, the largest by magnitude; 0.2 in the paper. Above 0 at least one
    /// element of each tensor survives.
    /// </summary>
    [PerSource]
    [Range(0.0, 1.0)]
    [Saturates]
    public double Density { get; init; } = 1;

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Whether the sum is divided by the weights of the sources that agree, which makes it a mean.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Whether each trimmed task vector is scaled so that its L1 norm stays what it was.</summary>
    public bool Rescale { get; init; }

    /// <summary>Over what the largest are sought: each tensor by itself, as mergekit does, or the whole model, as the paper does.</summary>
    public StatisticScope TrimScope { get; init; } = StatisticScope.Tensor;

    /// <summary>Accepted for mergekit's sake; has no effect, since masks take no memory here.</summary>
    public bool Int8Mask { get; init; }
}
