namespace MergeHost.Plugins.Spear.Controls;

/// <summary><c>relative_change</c> and <c>direction_change</c> have no parameters.</summary>
public sealed record ChangeOptions;
