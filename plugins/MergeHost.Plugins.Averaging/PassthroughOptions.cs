using MergeHost.Strategies;

namespace MergeHost.Plugins.Averaging;

/// <summary>Parameters of <c>passthrough</c>.</summary>
public sealed record PassthroughOptions
{
    /// <summary>A factor on the tensor; without it the tensor is taken over as it is.</summary>
    [PerSource]
    public double? Scale { get; init; }
}
