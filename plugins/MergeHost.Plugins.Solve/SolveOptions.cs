using System.ComponentModel.DataAnnotations;
using MergeHost.Checkpoints;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>Parameters that all of these methods have.</summary>
public abstract record SolveOptions
{
    /// <summary>The factor on a source's task vector.</summary>
    [PerSource]
    public double Weight { get; init; } = 1;

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Whether embeddings and heads are solved for too; if not, they get the mean of their task vectors, as vectors do.</summary>
    public bool Embeddings { get; init; }
}

/// <summary>Parameters of <c>actmat</c>.</summary>
public sealed record ActmatOptions : SolveOptions
{
    /// <summary>What is added to the diagonal, as a share of its mean.</summary>
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double Ridge { get; init; } = 1e-4;
}

/// <summary>Parameters of <c>wudi</c>.</summary>
public sealed record WudiOptions : SolveOptions
{
    /// <summary>What is added to each eigenvalue; their sum is the number of sources.</summary>
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double Ridge { get; init; } = 1e-8;
}

/// <summary>Parameters of <c>swudi</c>.</summary>
public sealed record SwudiOptions : SolveOptions
{
    /// <summary>How far the descent goes that the filter <c>1 − exp(−λ·time)</c> stands for.</summary>
    [Range(0.0, double.PositiveInfinity)]
    public double Time { get; init; } = 300;

    /// <summary>The share of all input directions that are solved for, the largest; in the others the mean stays.</summary>
    [Range(0.0, 1.0)]
    public double Share { get; init; } = 0.85;
}

/// <summary>Parameters of <c>aswudi</c>.</summary>
public sealed record AswudiOptions : SolveOptions;

/// <summary>Parameters of methods that know the inputs of each task.</summary>
public abstract record InputSolveOptions
{
    /// <summary>How much a source's task counts, as if it had as many times the data.</summary>
    [PerSource]
    [Range(0.0, double.PositiveInfinity)]
    public double Weight { get; init; } = 1;

    /// <summary>The statistics of the source's activations on data of its task, as `mergehost statistics` takes them.</summary>
    [PerSource]
    public required AuxiliaryCheckpoint Statistics { get; init; }

    /// <summary>The factor λ on the merged task vector.</summary>
    public double Lambda { get; init; } = 1;
}

/// <summary>Parameters of <c>regmean</c>.</summary>
public sealed record RegmeanOptions : InputSolveOptions
{
    /// <summary>The factor α on what two inputs have in common; less makes the solution milder, and 0
    /// leaves a mean that is weighted by input.</summary>
    [Range(0.0, 1.0)]
    public double OffDiagonal { get; init; } = 0.9;
}

/// <summary>Parameters of <c>lot</c>.</summary>
public sealed record LotOptions : InputSolveOptions;
