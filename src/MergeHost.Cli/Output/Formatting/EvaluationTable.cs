using MergeHost.Reports;

namespace MergeHost.Cli.Output.Formatting;

/// <summary>What a suite found, for people: models side by side, and below how merges compare with what they were made of.</summary>
internal static class EvaluationTable
{
    /// <summary>Writes the table.</summary>
    /// <param name="summary">What was found.</param>
    /// <param name="mainOnly">Whether only the metrics that count are written.</param>
    public static void Write(EvaluationSummary summary, bool mainOnly)
    {
        Dictionary<ModelSummary, string> names = Names(summary.Models);
        List<string[]> rows = [["task", "metric", .. names.Values]];
        TaskSummary[] shown = [.. summary.Models[0].Tasks.Where(task => task.IsMain || !mainOnly)];
        foreach ((int index, TaskSummary task) in summary.Models[0].Tasks.Index().Where(task => task.Item.IsMain || !mainOnly))
        {
            rows.Add([task.Task, task.Metric, .. summary.Models.Select(model => Numbers.Task(model.Tasks[index]))]);
        }

        if (summary.Models.Any(model => model.Changes.Count > 0))
        {
            rows.Add(["tasks improved, damaged, unchanged", "",
                .. summary.Models.Select(model => model.Changes.Count == 0 ? "" : Numbers.Verdicts(model.Changes))]);
        }

        Columns.Write(rows, keys: 2,
            colour: (row, column) => row > 0 && column > 1 && row <= shown.Length
                ? Judged(summary.Models[column - 2], shown[row - 1])
                : Colour.None);
        WriteCuts(summary.Models, names);
        WriteComparison([.. summary.Models.Where(model => model.Metrics.Count > 0)], names);
        if (summary.Models.Count > 1)
        {
            Verdict.Write(Verdict.Of(summary));
        }
    }

    // Where the difference from the base is clear of chance.
    private static Colour Judged(ModelSummary model, TaskSummary task) =>
        (task.IsMain ? model.Changes.FirstOrDefault(change => change.Task == task.Task)?.Verdict : null) switch
        {
            "improved" => Colour.Green,
            "damaged" => Colour.Red,
            _ => Colour.None
        };

    private static void WriteComparison(ModelSummary[] compared, Dictionary<ModelSummary, string> names)
    {
        if (compared.Length == 0)
        {
            return;
        }

        Console.WriteLine();
        List<string[]> rows = [["compared with base and experts", "over", .. compared.Select(model => names[model])]];
        foreach ((int index, MetricSummary metric) in compared[0].Metrics.Index())
        {
            rows.Add([Numbers.Name(metric.Name), metric.Over, .. compared.Select(model => Numbers.Metric(model.Metrics[index]))]);
        }

        rows.Add(["better than all of them on", "", .. compared.Select(model => Numbers.Improved(model.Gaps))]);
        Columns.Write(rows);
    }

    private static void WriteCuts(IReadOnlyList<ModelSummary> models, Dictionary<ModelSummary, string> names)
    {
        foreach (ModelSummary model in models)
        {
            foreach (TaskSummary task in model.Tasks.Where(task => task.CutCount > 0).DistinctBy(task => task.Task))
            {
                Console.WriteLine(
                    $"{task.Task}: {task.CutCount} of {task.Count} items are longer than what {names[model]} reads; the beginning of each "
                        + "was left out");
            }
        }
    }

    private static Dictionary<ModelSummary, string> Names(IReadOnlyList<ModelSummary> models) =>
        models.Zip(ModelName.Of([.. models.Select(model => model.Name)]))
            .ToDictionary(pair => pair.First, pair => pair.Second, (IEqualityComparer<ModelSummary>)ReferenceEqualityComparer.Instance);
}
