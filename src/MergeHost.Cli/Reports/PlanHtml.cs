using System.Globalization;
using MergeHost.Cli.Output.Formatting;
using MergeHost.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>A plan as a page: what becomes of each tensor, what scores choose, and what it costs.</summary>
internal static class PlanHtml
{
    /// <summary>The page.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="recipe">The recipe's file.</param>
    public static HtmlPage Write(PlanSummary plan, string recipe)
    {
        HtmlPage page = new($"Plan of {Path.GetFileName(recipe)}", Verdict.Of(plan));
        foreach (StageSummary stage in plan.Stages)
        {
            Append(page, stage);
        }

        page.Section("Tables").Table("Warnings", new PageTable(["place", "code", "warning", "hint"],
            [.. plan.Warnings.Select(warning => (PageCell[])[warning.Place?.ToString() ?? "", warning.Code.ToString(), warning.Message,
                warning.Hint ?? ""])]));
        page.Table("Stages", new PageTable(["stage", "method", "plugin", "#tensors", "#parameters", "#reads", "#writes", "#memory"],
        [
            .. plan.Stages.Select(stage => (PageCell[])
            [
                stage.Name ?? "output", stage.Method, stage.Plugin, stage.Tensors.Count,
                new PageCell(Bytes.Count(stage.ElementCount), stage.ElementCount),
                new PageCell(Bytes.Format(stage.ReadBytes), stage.ReadBytes),
                new PageCell(Bytes.Format(stage.WriteBytes), stage.WriteBytes),
                new PageCell(Bytes.Format(stage.MemoryBytes), stage.MemoryBytes),
            ]),
        ]));
        foreach (StageSummary stage in plan.Stages)
        {
            page.Folded($"Tensors of {stage.Name ?? "the output"}", new PageTable(["tensor", "type", "shape", "treatment", "#inputs"],
            [
                .. stage.Tensors.Select(tensor => (PageCell[])[tensor.Name, tensor.DType, $"[{string.Join(", ", tensor.Shape)}]",
                    tensor.Treatment, tensor.Inputs.Count]),
            ]));
        }

        foreach (RemoteSummary model in plan.Remote)
        {
            page.Fact(model.Address,
                $"{Bytes.Format(model.LengthBytes)}, {Bytes.Format(model.MissingBytes)} to download, "
                    + $"licence {model.License ?? "not named"}");
        }

        return page.Fact("models", string.Join(", ", plan.Stages.SelectMany(stage => stage.Models).Distinct()))
            .Fact("reading", plan.BytesPerSecond == 0 ? null : $"{Bytes.Format((long)plan.BytesPerSecond)}/s, a sample")
            .File("Recipe", File.ReadAllText(recipe));
    }

    private static void Append(HtmlPage page, StageSummary stage)
    {
        string name = stage.Name ?? "Output";
        Dictionary<string, (string Module, int Layer)> places = LayerGrid.Of(stage.Tensors.Select(tensor => tensor.Name));
        page.Section($"{name}: {stage.Method}");
        Accounting.Append(page, "What becomes of the models' tensors", stage.Accounts);
        page.Figure("Treatment of the output's tensors",
            new PageTable(["#layer", "module", "treatment", "#tensors"],
            [
                .. stage.Tensors.Where(tensor => places.ContainsKey(tensor.Name))
                    .GroupBy(tensor => (Place: places[tensor.Name], tensor.Treatment))
                        .Select(cell => (PageCell[])[cell.Key.Place.Layer, cell.Key.Place.Module, cell.Key.Treatment, cell.Count()]),
            ]),
            new PagePlot("heat", "How each tensor is made, by layer and module", "layer", "module") { Value = "treatment" });
        if (stage.Selection?.Tensors is { } chosen)
        {
            page.Figure($"Chosen by {string.Join(" and ", stage.Selection.Scorers)}",
                new PageTable(["#layer", "module", "#score", "restored", "action"],
                [
                    .. chosen.Where(tensor => tensor is { Layer: not null, Score: not null }).Select(tensor => (PageCell[])
                        [tensor.Layer!.Value, tensor.Module, PageCell.Of(tensor.Score), tensor.IsChosen ? tensor.Action : "",
                            tensor.Action]),
                ]),
                new PagePlot("heat", "Scores by layer and module; frames show what the stage restores or freezes", "layer", "module")
                {
                    Value = "score",
                    Mark = "restored"
                });
        }

        foreach (AlignmentSummary alignment in stage.Alignments)
        {
            page.Note(string.Create(CultureInfo.InvariantCulture,
                $"Aligned by {alignment.Id} ({alignment.Plugin}): {string.Join("; ", alignment.Lines.Select(line => line.Trim()))}"));
        }
    }
}
