using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Permutation;

/// <summary>The options of <c>weight_matching</c>.</summary>
public sealed record WeightMatchingOptions
{
    /// <summary>
    /// Whether the channels of the residual stream are matched too, which models that were trained from different beginnings
    /// need; without it each block is matched by itself.
    /// </summary>
    public bool Residual { get; init; } = true;

    /// <summary>How often at most all blocks and the residual stream are matched in turn; it ends earlier when nothing changes.</summary>
    [Range(1, 1000)]
    public int Rounds { get; init; } = 20;
}
