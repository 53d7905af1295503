using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Sparse;

/// <summary>Parameters of <c>consensus_ta</c>.</summary>
public sealed record ConsensusOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public double Weight { get; init; } = 1;

    /// <summary>The factor λ on the sum of what is kept.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>How much larger, κ, a task vector must be than the sum of the others to own an element.</summary>
    [Range(0.0, 1000.0)]
    public double Kappa { get; init; } = 0.4;

    /// <summary>How many tasks must own an element for it to be kept.</summary>
    [Range(0, int.MaxValue)]
    public int Owners { get; init; } = 2;
}

/// <summary>Parameters of <c>magmax</c>.</summary>
public sealed record MagmaxOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public double Weight { get; init; } = 1;

    /// <summary>The factor λ on what is chosen.</summary>
    public double Lambda { get; init; } = 1;
}

/// <summary>Parameters of <c>cabs</c>.</summary>
public sealed record CabsOptions
{
    /// <summary>The factor on what is kept of a source's task vector.</summary>
    [PerSource]
    public double Weight { get; init; } = 1;

    /// <summary>The factor λ on the sum.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>How many elements of each run of <c>m</c> a source keeps.</summary>
    [Range(1, int.MaxValue)]
    public int N { get; init; } = 64;

    /// <summary>The length of a run.</summary>
    [Range(1, int.MaxValue)]
    public int M { get; init; } = 256;
}

/// <summary>Parameters of <c>pcb</c>.</summary>
public sealed record PcbOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public double Weight { get; init; } = 1;

    /// <summary>The factor λ on the mean.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>The share of each task vector that counts, by what matters most.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Ratio { get; init; } = 0.1;
}
