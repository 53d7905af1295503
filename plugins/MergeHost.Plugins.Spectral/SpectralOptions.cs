using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>Parameters that all of these methods have.</summary>
public abstract record SpectralOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public double Weight { get; init; } = 1;

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Whether embeddings and heads are merged by singular directions too; if not, they get the mean
    /// of their task vectors, as vectors do.</summary>
    public bool Embeddings { get; init; }
}

/// <summary>Parameters of <c>tsv_m</c>.</summary>
public sealed record TsvOptions : SpectralOptions;

/// <summary>Parameters of <c>iso_c</c>.</summary>
public sealed record IsoOptions : SpectralOptions;

/// <summary>Parameters of <c>iso_cts</c>.</summary>
public sealed record IsoCtsOptions : SpectralOptions
{
    /// <summary>The share of all directions that are those of the sum; the others come from each task by itself.</summary>
    [Range(0.0, 1.0)]
    public double CommonSpace { get; init; } = 0.8;
}

/// <summary>Parameters of <c>subspace_boosting</c>.</summary>
public sealed record BoostingOptions : SpectralOptions
{
    /// <summary>The share β of the sum of singular values at which the value is found that smaller ones are raised to.</summary>
    [Range(0.0, 1.0)]
    public double Beta { get; init; } = 0.01;
}

/// <summary>Parameters of <c>svc</c>.</summary>
public sealed record SvcOptions : SpectralOptions
{
    /// <summary>The least share α in which a task is taken to have a direction: at 1 singular values only shrink,
    /// below it they may grow up to 1/α-fold.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 1;
}

/// <summary>Parameters of <c>star</c>.</summary>
public sealed record StarOptions : SpectralOptions
{
    /// <summary>The share η of the sum of a task vector's singular values that is kept.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Eta { get; init; } = 0.4;
}

/// <summary>Parameters of <c>knots_ties</c>.</summary>
public sealed record KnotsOptions : SpectralOptions
{
    /// <summary>The share of each aligned task vector that survives the trim, by magnitude.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Density { get; init; } = 0.2;
}

/// <summary>Parameters of <c>cart</c>.</summary>
public sealed record CartOptions
{
    /// <summary>The factor λ on the sum of what is left of the differences.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>The share of singular directions of each difference that is kept, at least one.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Rank { get; init; } = 0.04;

    /// <summary>Whether embeddings and heads are merged by singular directions too; if not, they get the mean, as vectors do.</summary>
    public bool Embeddings { get; init; }
}
