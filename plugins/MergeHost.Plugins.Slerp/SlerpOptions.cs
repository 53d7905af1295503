namespace MergeHost.Plugins.Slerp;

/// <summary>Parameters of <c>slerp</c>.</summary>
public sealed record SlerpOptions
{
    /// <summary>The position between the base at 0 and the other model at 1; below 0 and above 1 it goes on along the arc.</summary>
    public required double T { get; init; }
}
