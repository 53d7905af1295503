namespace MergeHost.Plugins.Fusion;

/// <summary>Parameters of <c>arcee_fusion</c>: none.</summary>
public sealed record FusionOptions;
