using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Spear;

/// <summary>Parameters of <c>dg_hard</c>.</summary>
public sealed record DgHardOptions
{
    /// <summary>A factor on the threshold: at 0 the adapted model stays, the higher the nearer comes the base.</summary>
    [Range(0.0, 1000.0)]
    public double Scale { get; init; } = 1;
}
