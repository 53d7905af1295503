namespace MergeHost.Plans;

/// <summary>Errors of scorers.</summary>
internal static class ScorerException
{
    /// <summary>A scorer breaks its contract.</summary>
    public static MergeHostException Failed(string scorer, string breach, string tensor) =>
        new([new Problem(ErrorCodes.ScorerFailed, $"scorer '{scorer}' {breach} (tensor '{tensor}')", "Report it to the author of the plugin.")]);
}
