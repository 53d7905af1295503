namespace MergeHost.Plugins.Moe.Naming;

/// <summary>Parameters of <c>experts</c>.</summary>
public sealed record ExpertsOptions
{
    /// <summary>Whether experts have tensors of their own, or one tensor holds them all.</summary>
    public ExpertNames Names { get; init; }
}
