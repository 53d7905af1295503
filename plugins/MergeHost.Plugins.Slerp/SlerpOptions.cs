using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Slerp;

/// <summary>Parameters of <c>slerp</c>.</summary>
public sealed record SlerpOptions
{
    /// <summary>The position between the base at 0 and the other model at 1.</summary>
    [Range(0.0, 1.0)]
    public required double T { get; init; }
}
