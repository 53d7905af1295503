using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>Parameters of <c>nuslerp</c>.</summary>
public sealed record NuSlerpOptions
{
    /// <summary>The weight of a model: the position is the second one's share of both.</summary>
    [PerSource]
    public required double Weight { get; init; }

    /// <summary>Whether a tensor counts as one vector; if not, each row of it does.</summary>
    public bool NuslerpFlatten { get; init; } = true;

    /// <summary>
    /// Whether vectors run along the outermost extent, which makes them the columns of a matrix, in spite of the name; takes effect
    /// with <c>nuslerp_flatten: false</c>.
    /// </summary>
    public bool NuslerpRowWise { get; init; }
}
