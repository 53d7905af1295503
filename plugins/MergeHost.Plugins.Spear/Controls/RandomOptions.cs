namespace MergeHost.Plugins.Spear.Controls;

/// <summary>Parameters of <c>random</c>.</summary>
public sealed record RandomOptions
{
    /// <summary>Another seed gives other scores.</summary>
    public int Seed { get; init; }
}
