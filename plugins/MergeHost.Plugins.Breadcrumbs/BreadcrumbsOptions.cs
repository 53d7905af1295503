using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Breadcrumbs;

/// <summary>Parameters of <c>breadcrumbs</c> and <c>breadcrumbs_ties</c>.</summary>
public sealed record BreadcrumbsOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>The share of a source's task vector that is kept; at 1, all of it is, whatever gamma says.</summary>
    [PerSource]
    [Range(0.0, 1.0)]
    [Saturates]
    public double Density { get; init; } = 1;

    /// <summary>The share of a source's task vector that is dropped for being the largest; less where density leaves less room.</summary>
    [PerSource]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.01;

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Whether the sum is divided by the sum of the weights, in <c>breadcrumbs_ties</c> of those that agree.</summary>
    public bool Normalize { get; init; }

    /// <summary>Whether what is kept of each task vector is scaled so that its L1 norm stays what it was.</summary>
    public bool Rescale { get; init; }

    /// <summary>Accepted for mergekit's sake; has no effect, since masks take no memory here.</summary>
    public bool Int8Mask { get; init; }
}
