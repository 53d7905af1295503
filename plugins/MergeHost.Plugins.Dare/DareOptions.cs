using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Dare;

/// <summary>How the elements that survive make up for those that are dropped.</summary>
public enum RescaleBy
{
    /// <summary>By the ratio of the tensor's L1 norms before and after, as mergekit does.</summary>
    Norm,

    /// <summary>By one over the density, as the paper does.</summary>
    Density,
}

/// <summary>Parameters of <c>dare_linear</c> and <c>dare_ties</c>.</summary>
public sealed record DareOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>The probability with which an element of a source's task vector survives.</summary>
    [PerSource]
    [Range(0.0, 1.0)]
    [Saturates]
    public double Density { get; init; } = 1;

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Whether the sum is divided by the sum of the weights, in <c>dare_ties</c> of those that agree.</summary>
    public bool Normalize { get; init; }

    /// <summary>Whether the elements that survive are scaled up to make up for those that are dropped.</summary>
    public bool Rescale { get; init; } = true;

    /// <summary>How they are scaled up.</summary>
    public RescaleBy RescaleBy { get; init; } = RescaleBy.Norm;

    /// <summary>Accepted for mergekit's sake; has no effect, since masks take no memory here.</summary>
    public bool Int8Mask { get; init; }
}
