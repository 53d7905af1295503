using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Ram;

/// <summary>Parameters of <c>ram</c>.</summary>
public sealed record RamOptions
{
    /// <summary>How large an element of a task vector must be for its source to count as having changed it.</summary>
    [Range(0.0, double.PositiveInfinity, MaximumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-5;
}

/// <summary>Parameters of <c>ramplus_tl</c>.</summary>
public sealed record RamPlusOptions
{
    /// <summary>How large an element of a task vector must be for its source to count as having changed it.</summary>
    [Range(0.0, double.PositiveInfinity, MaximumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>How much more a source's own changes count for each change of it that others share.</summary>
    public double R { get; init; } = 0.1;

    /// <summary>The most that the ratio of shared to own changes counts for.</summary>
    [Range(0.0, double.PositiveInfinity, MaximumIsExclusive = true)]
    public double Alpha { get; init; } = 0.2;
}
