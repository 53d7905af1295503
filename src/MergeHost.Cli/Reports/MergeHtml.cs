using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>A merge as a page: what became of each tensor, what changed and was restored, how
/// good it is, and what it was made of.</summary>
internal static class MergeHtml
{
    /// <summary>The page.</summary>
    /// <param name="manifest">What was made, with its evaluation if there is one.</param>
    /// <param name="output">Where it lies.</param>
    /// <param name="changes">The output against its donor, or <see langword="null"/> if the two cannot be compared.</param>
    public static HtmlPage Write(MergeManifest manifest, string output, PairComparison? changes)
    {
        HtmlPage page = new($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(output))}: a merge", Verdict.Of(manifest));
        if (changes is not null)
        {
            string[] restored = [.. manifest.Stages.SelectMany(stage => stage.Selection?.Chosen.Select(choice => choice.Name) ?? [])];
            page.Section("What changed").Figure(
                restored.Length == 0
                    ? $"Change from {ModelName.Of(changes.A)}"
                    : $"Change from {ModelName.Of(changes.A)}; frames show what was restored", LayerGrid.Changes(changes, restored),
                LayerGrid.ChangePlot(
                    $"Change of weights from {ModelName.Of(changes.A)} to the output, in percent of their length, by layer and module"));
        }

        page.Section("What became of the models' tensors");
        foreach (ManifestStage stage in manifest.Stages)
        {
            Accounting.Append(page, stage.Name is null ? $"{stage.Method}" : $"{stage.Name}: {stage.Method}", stage.Accounts ?? []);
        }

        if (manifest.Evaluation is { } evaluation)
        {
            EvaluationHtml.Append(page, evaluation, ModelName.Of([.. evaluation.Models.Select(model => model.Name)]));
        }

        page.Section("Tables")
            .Table("Warnings", new PageTable(["warning"], [.. manifest.Warnings.Select(warning => (PageCell[])[warning])]));
        page.Table("Models", new PageTable(["stage", "model", "#bytes", "files", "digest of what was read"],
        [
            .. manifest.Stages.SelectMany(stage => stage.Inputs.Select(input => (PageCell[])
            [
                stage.Name ?? "output", input.Name,
                new PageCell(Bytes.Format(input.Files.Sum(file => file.Bytes)), input.Files.Sum(file => file.Bytes)), input.Files.Count,
                input.Digest,
            ])),
        ]));
        page.Folded("Files of the output", new PageTable(["file", "#bytes", "SHA-256"],
            [.. manifest.Files.Select(file => (PageCell[])[file.Name, new PageCell(Bytes.Format(file.Bytes), file.Bytes),
                file.Sha256 ?? ""])]));
        page.Folded("Tensors of the output", new PageTable(["tensor", "type", "shape", "digest"],
            [.. manifest.Tensors.Select(tensor => (PageCell[])[tensor.Name, tensor.DType, $"[{string.Join(", ", tensor.Shape)}]",
                tensor.Digest])]));
        page.Fact("merge", manifest.Merge).Fact("seed", PageText(manifest.Seed)).Fact("device", manifest.Device)
            .Fact("format", manifest.Format);
        page.Fact("plugins", string.Join(", ", manifest.Plugins.Select(plugin => $"{plugin.Id} {plugin.Version}")));
        return page.Fact("suite", manifest.Evaluation?.Suite).File("Recipe", manifest.Recipe);
    }

    private static string PageText(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
