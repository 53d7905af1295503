namespace MergeHost.Plugins;

/// <summary>A model of a store in a lock file.</summary>
/// <param name="Name">As recipes have it.</param>
/// <param name="Origin">The name of the revision that it was, which never changes.</param>
internal sealed record LockedModel(string Name, string Origin);
