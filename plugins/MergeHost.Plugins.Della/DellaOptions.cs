using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Della;

/// <summary>Parameters of <c>della</c> and <c>della_linear</c>.</summary>
public sealed record DellaOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>The mean probability with which an element of a source's task vector survives; all do at 1, none at 0.</summary>
    [PerSource]
    [Range(0.0, 1.0)]
    [Saturates]
    public double Density { get; init; } = 1;

    /// <summary>
    /// How far the probability of a row's largest element lies above density, and that of its smallest below; both must lie in (0,
    /// 1).
    /// </summary>
    [PerSource]
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 0.15;

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>
    /// Whether the sum is divided by the sum of the weights, in <c>della</c> of those that agree; if left out, <c>della</c> divides
    /// and <c>della_linear</c> does not.
    /// </summary>
    public bool? Normalize { get; init; }

    /// <summary>Whether what survives of each task vector is scaled so that its L1 norm stays what it was.</summary>
    public bool Rescale { get; init; } = true;

    /// <summary>Accepted for mergekit's sake; has no effect, since masks take no memory here.</summary>
    public bool Int8Mask { get; init; }
}
