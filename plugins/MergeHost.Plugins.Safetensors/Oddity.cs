namespace MergeHost.Plugins.Safetensors;

/// <summary>Warnings about what is unusual, but does no harm.</summary>
internal static class Oddity
{
    public static Problem Of(string path, string reason) =>
        new(ErrorCodes.CheckpointOddity, $"{path}: {reason}", Severity: Severity.Warning);
}
