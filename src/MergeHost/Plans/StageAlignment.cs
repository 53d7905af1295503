using MergeHost.Alignments;
using MergeHost.Models;
using MergeHost.Plugins.Metadata;
using MergeHost.Reports;

namespace MergeHost.Plans;

/// <summary>What made the models of a stage alike.</summary>
/// <param name="Installed">The alignment, and the plugin it comes from.</param>
/// <param name="Result">What it made.</param>
/// <param name="Others">The checkpoints that it opened beside the stage's models.</param>
internal sealed record StageAlignment(InstalledExport Installed, AlignedModels Result, IReadOnlyList<InputModel> Others)
{
    /// <summary>What was done.</summary>
    public AlignmentSummary Summary =>
        new(Installed.Export.Id, $"{Installed.Plugin.Id} {Installed.Plugin.Version}", Result.Lines, Result.Report);
}
