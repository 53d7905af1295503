namespace MergeHost.Plugins.Adapters.Files;

/// <summary>Parameters that an adapter targets by their names (<c>target_parameters</c>), such as the
/// matrices of all experts in one tensor.</summary>
internal static class TargetedParameters
{
    private static readonly string[] _usual = ["gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias"];

    /// <summary>The place of a parameter among those of its module, in the order in which classes define them.</summary>
    public static int PlaceOf(string parameter) => Array.IndexOf(_usual, parameter);

    /// <summary>The parameters of a module that are targeted, in that order.</summary>
    public static IReadOnlyList<string> Of(AdapterConfig config, string module) =>
    [
        .. config.Texts("target_parameters").Where(target => target.Contains('.', StringComparison.Ordinal))
            .Select(target => (Module: target[..target.LastIndexOf('.')], Parameter: target[(target.LastIndexOf('.') + 1)..]))
            .Where(target => AdapterConfig.IsEnding(module, target.Module)).Select(target => target.Parameter).Distinct()
            .OrderBy(PlaceOf),
    ];

    /// <summary>The parameter whose factors a module's tensors are: those of the one that is
    /// defined last lie at depth 0, and so on.</summary>
    /// <exception cref="MergeHost.Checkpoints.CheckpointException">There are fewer parameters.</exception>
    public static string At(AdapterConfig config, AdapterModule module, IReadOnlyList<string> parameters) => module.Depth < parameters.Count
        ? parameters[parameters.Count - 1 - module.Depth]
        : throw config.Wrong(
            $"'target_parameters' names {parameters.Count} parameters of module '{module.Name}', and the weights are of more",
            "Take configuration and weights from the same place.");
}
