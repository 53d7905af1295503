using MergeHost.Builders;

namespace MergeHost.Plugins.Moe.Dense;

/// <summary>Parameters of <c>moe_to_dense</c>.</summary>
public sealed record MoeToDenseOptions
{
    /// <summary>The mixture.</summary>
    [Model]
    public required string Model { get; init; }

    /// <summary>What each expert counts, in order; all the same if nothing is said. They are divided by their sum.</summary>
    public IReadOnlyList<double> Weights { get; init; } = [];

    /// <summary>Texts by which experts count instead: each as much as the router of its layer gives it on them.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Whether a shared expert, for which a dense model has no place, is left out.</summary>
    public bool DropSharedExpert { get; init; }
}
