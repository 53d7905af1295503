using MergeHost.Plugins.Metadata;
using MergeHost.Reports;
using MergeHost.Strategies;

namespace MergeHost.Plans;

/// <summary>A step of a stage's <c>then:</c>.</summary>
/// <param name="Installed">The strategy, and the plugin it comes from.</param>
/// <param name="Parameters">The parameters that the recipe gives it, as text.</param>
internal sealed record StageStep(InstalledExport Installed, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The step in a report.</summary>
    public StepSummary Summary => new(Installed.Export.Id, $"{Installed.Plugin.Id} {Installed.Plugin.Version}", Parameters);
}

/// <summary>What a step does to one tensor.</summary>
/// <param name="Step">The step.</param>
/// <param name="Treatment">What its strategy says; the only source is what was made so far, in float32.</param>
/// <param name="Claims">What auxiliary checkpoints say of the base.</param>
internal sealed record TensorStep(StageStep Step, Treatment Treatment, IReadOnlyList<AuxiliaryClaim> Claims);
