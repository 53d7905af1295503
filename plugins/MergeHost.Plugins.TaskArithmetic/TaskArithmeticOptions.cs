using System.ComponentModel.DataAnnotations;
using MergeHost.Strategies;

namespace MergeHost.Plugins.TaskArithmetic;

/// <summary>Parameters of <c>task_arithmetic</c>.</summary>
public sealed record TaskArithmeticOptions
{
    /// <summary>The factor on a source's task vector; negative to take away what the source learned.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>The factor λ on the sum of all task vectors.</summary>
    public double Lambda { get; init; } = 1;

    /// <summary>Whether the sum is divided by the sum of the weights.</summary>
    public bool Normalize { get; init; }

    /// <summary>Accepted for mergekit's sake; has no effect, since nothing is thinned here.</summary>
    [PerSource]
    [Range(0.0, 1.0)]
    [Saturates]
    public double Density { get; init; } = 1;

    /// <summary>Accepted for mergekit's sake; has no effect, since masks take no memory here.</summary>
    public bool Int8Mask { get; init; }

    /// <summary>Accepted for mergekit's sake; has no effect, since nothing is thinned here.</summary>
    public bool Rescale { get; init; }
}
