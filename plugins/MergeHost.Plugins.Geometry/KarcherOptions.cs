using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Geometry;

/// <summary>Parameters of <c>karcher</c>.</summary>
public sealed record KarcherOptions
{
    /// <summary>The most steps that are taken.</summary>
    [Range(0, 1_000_000)]
    public int MaxIter { get; init; } = 10;

    /// <summary>
    /// A step shorter than this is the last; angles below it count as none, and models of no more length give no direction.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Tol { get; init; } = 1e-5;
}
