namespace MergeHost.Storage.Folders;

/// <summary>Warnings about what is unusual, but does no harm.</summary>
public static class Oddity
{
    /// <summary>A warning about a file.</summary>
    public static Problem Of(string path, string reason) =>
        new(ErrorCodes.CheckpointOddity, $"{path}: {reason}", Severity: Severity.Warning);
}
