namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>A checkpoint that cannot be run as it should be.</summary>
internal static class ModelException
{
    /// <summary>A setting of <c>config.json</c> that this runtime does not know, and will not guess.</summary>
    public static MergeHostException Unsupported(string what, string known) =>
        new(new Problem(ErrorCodes.CheckpointNotRunnable, $"config.json: {what} is not supported; supported: {known}",
            "Measure the checkpoint by another program."), null);

    /// <summary>A setting of <c>config.json</c> that is missing or of the wrong type.</summary>
    public static MergeHostException Config(string name, string expected, string found) =>
        new(new Problem(ErrorCodes.BadConfig, $"config.json: '{name}': expected {expected}, found {found}"), null);

    /// <summary>A tensor that is missing, left over or of the wrong shape.</summary>
    public static MergeHostException Tensors(ErrorCode code, string message) =>
        new(new Problem(code, message, "See whether config.json belongs to these weights."), null);
}
