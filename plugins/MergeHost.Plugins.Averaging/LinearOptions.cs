using MergeHost.Strategies;

namespace MergeHost.Plugins.Averaging;

/// <summary>Parameters of <c>linear</c>.</summary>
public sealed record LinearOptions
{
    /// <summary>The factor on a source's tensor.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>Whether the sum is divided by the sum of the weights.</summary>
    public bool Normalize { get; init; } = true;
}
