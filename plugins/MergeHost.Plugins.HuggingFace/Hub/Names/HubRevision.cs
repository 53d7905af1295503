namespace MergeHost.Plugins.HuggingFace.Hub.Names;

/// <summary>What the hub says of a revision.</summary>
/// <param name="Commit">The commit that it is.</param>
/// <param name="License">The licence that the card names, or <see langword="null"/>.</param>
/// <param name="Access">How access is limited, or <see langword="null"/> for what everyone may read.</param>
internal sealed record HubRevision(string Commit, string? License, string? Access);
