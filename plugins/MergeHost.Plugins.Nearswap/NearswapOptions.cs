using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Nearswap;

/// <summary>Parameters of <c>nearswap</c>.</summary>
public sealed record NearswapOptions
{
    /// <summary>How far an element of the base may move towards the other model; where they are nearer, it is the other model's.</summary>
    [Range(0.0, double.PositiveInfinity, MaximumIsExclusive = true)]
    public required double T { get; init; }
}
