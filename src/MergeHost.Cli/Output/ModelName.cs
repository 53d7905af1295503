namespace MergeHost.Cli.Output;

/// <summary>What a model is called beside others.</summary>
internal static class ModelName
{
    /// <summary>The last part of a path.</summary>
    public static string Of(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
}
