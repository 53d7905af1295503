using System.Globalization;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;

namespace MergeHost.Cli.Output.Formatting;

/// <summary>What results say, in a sentence or two.</summary>
internal static class Verdict
{
    private const int MostModels = 3;

    /// <summary>Writes it at the end of a result.</summary>
    public static void Write(string verdict)
    {
        Console.WriteLine();
        WrappedText.Write(verdict, indent: 0);
    }

    /// <summary>What becomes of a plan's recipe.</summary>
    public static string Of(PlanSummary plan)
    {
        StageSummary last = plan.Stages[^1];
        string warnings = plan.Warnings.Count switch
        {
            0 => "there are no warnings",
            1 => "there is 1 warning",
            _ => $"there are {plan.Warnings.Count} warnings"
        };
        return string.Create(CultureInfo.InvariantCulture,
            $"The recipe can run: {last.Method} makes {last.Tensors.Count:N0} tensors ({Bytes.Count(last.ElementCount)} parameters). It "
                + $"reads {Bytes.Format(plan.Stages.Sum(stage => stage.ReadBytes))}, "
                + $"writes {Bytes.Format(plan.Stages.Sum(stage => stage.WriteBytes))} and takes "
                + $"about {Bytes.Format(plan.Stages.Max(stage => stage.MemoryBytes))} of memory; {warnings}.");
    }

    /// <summary>What was made.</summary>
    public static string Of(MergeManifest manifest)
    {
        ManifestStage last = manifest.Stages[^1];
        string made = string.Create(CultureInfo.InvariantCulture,
            $"{last.Method} of {last.Inputs.Count} models "
                + $"made {manifest.Tensors.Count:N0} tensors, {Bytes.Format(manifest.Files.Sum(file => file.Bytes))}; every tensor of "
                + $"every model is accounted for.");
        return manifest.Evaluation is { } evaluation ? $"{Of(evaluation)} {made}" : made;
    }

    /// <summary>How near models are to each other.</summary>
    public static string Of(ComparisonReport report)
    {
        List<string> paths = [.. report.Pairs.SelectMany(pair => (string[])[pair.A, pair.B]).Distinct()];
        Dictionary<string, string> names = paths.Zip(ModelName.Of(paths)).ToDictionary(pair => pair.First, pair => pair.Second);
        List<string> parts = [];
        PairComparison[] others = [.. report.Pairs.Where(pair => pair.A != report.Base && pair.Whole.Cosine is not null)
            .OrderByDescending(pair => pair.Whole.Cosine)];
        if (others.Length == 1)
        {
            parts.Add($"The weights of {Names(others[0])} have the cosine {Cosine(others[0].Whole.Cosine)}");
        }
        else if (others.Length > 1)
        {
            parts.Add($"{Names(others[0])} are nearest to each other (cosine of "
                + $"weights {Cosine(others[0].Whole.Cosine)}), {Names(others[^1])} farthest ({Cosine(others[^1].Whole.Cosine)})");
        }

        TaskVectorDistance[] tasks = [.. others.Select(pair => pair.Whole.TaskVectors).OfType<TaskVectorDistance>()];
        double[] conflicts = [.. tasks.Select(task => task.SignConflictRate).OfType<double>().Order()];
        if (conflicts.Length > 0)
        {
            string range = conflicts.Length == 1
                ? Numbers.Percent(conflicts[0])
                : $"{Numbers.Percent(conflicts[0])} to {Numbers.Percent(conflicts[^1])}";
            parts.Add($"of the weights that both changed, {range} moved in opposite directions");
        }

        PairComparison[] changed = [.. report.Pairs.Where(pair => pair.A == report.Base && pair.Whole.NormA > 0)
            .OrderByDescending(pair => pair.Whole.L2 / pair.Whole.NormA)];
        if (changed.Length > 0)
        {
            parts.Add($"{names[changed[0].B]} {(changed.Length > 1 ? "changed most from the base" : "changed from the base")}, "
                + $"by {Numbers.Percent(changed[0].Whole.L2 / changed[0].Whole.NormA)} of its weights' length");
        }

        return string.Join("; ", parts) + ".";

        string Names(PairComparison pair) => $"{names[pair.A]} and {names[pair.B]}";
    }

    /// <summary>Whether merges are worth it, or else which model is best.</summary>
    public static string Of(EvaluationSummary summary)
    {
        IReadOnlyList<string> names = ModelName.Of([.. summary.Models.Select(model => model.Name)]);
        (ModelSummary Model, string Name)[] merges = [.. summary.Models.Zip(names).Where(model => model.First.Metrics.Count > 0)
            .OrderByDescending(model => model.First.Metrics.FirstOrDefault(metric => metric.Name == MergeMetrics.MacroOutperformGapName)
                ?.Value)];
        if (merges.Length > 0)
        {
            return (merges.Length > MostModels
                ? $"The best {MostModels} of {merges.Length}: "
                : "") + string.Join(" ", merges.Take(MostModels).Select(merge => Of(merge.Model, merge.Name)));
        }

        (ModelSummary Model, string Name)[] changed = [.. summary.Models.Zip(names).Where(model => model.First.Changes.Count > 0)];
        if (changed.Length is > 0 and <= MostModels)
        {
            return string.Join(" ", changed.Select(model => $"Against the base, {model.Name} {Verdicts(model.Model.Changes)}."));
        }

        TaskSummary[] tasks = [.. summary.Models[0].Tasks];
        int[] wins = [.. summary.Models.Select(model => tasks.Index()
            .Count(task => task.Item.IsMain
                && model.Tasks[task.Index].Value == Best(summary.Models.Select(other => other.Tasks[task.Index]))))];
        int best = Array.IndexOf(wins, wins.Max());
        int all = tasks.Count(task => task.IsMain);
        return names.Count == 1
            ? $"{names[0]} was measured on {all} tasks; name a base and experts to learn what its values mean."
            : $"{names[best]} has the best value on {wins[best]} of {all} tasks, the most of {names.Count} models; intervals overlap where "
                + "it is not told otherwise below.";
    }

    /// <summary>What to restore first, and whether that is worth anything.</summary>
    public static string Of(ScoreReport report)
    {
        List<string> parts = [];
        foreach (ScorerSummary scorer in report.Scorers.Take(MostModels))
        {
            IGrouping<int, int>? layer = report.Tensors.Where(tensor => tensor.Layer is not null && tensor.Scores.ContainsKey(scorer.Id))
                .GroupBy(tensor => tensor.Layer!.Value, tensor => tensor.Scores[scorer.Id].Rank).MinBy(ranks => ranks.Average());
            if (layer is not null)
            {
                parts.Add($"by {scorer.Id}, layer {layer.Key} should be restored first");
            }
        }

        string ranked = parts.Count == 0 ? "No tensor has a score" : string.Join("; ", parts);
        string worth = report.Validation is not { } validation ? "Whether that helps was not measured."
            : validation.Agreements.Where(agreement => agreement.Scorer != "random" && agreement.General is { Chance: < 0.05 })
                .Select(agreement => agreement.Scorer).Distinct().ToArray() is { Length: > 0 } proven
                ? $"The benchmarks agree: general ability comes back in the order of {string.Join(", ", proven)} better than in 95 % of "
                    + "random orders."
                : "The benchmarks do not confirm it: no scorer's order gives general ability back better than 95 % of random orders.";
        return $"{char.ToUpperInvariant(ranked[0])}{ranked[1..]}. {worth}";
    }

    /// <summary>The setting to take, chosen on one half of the items and judged on the other.</summary>
    public static string Of(StudySummary study)
    {
        if (Best(study) is not { } best)
        {
            return $"{study.Points.Count} merges were measured; none could be judged, since no task has both a base and an expert.";
        }

        MetricSummary gap = best.Metrics.First(metric => metric.Name == MergeMetrics.MacroOutperformGapName && metric.Value is not null);
        string judged = gap switch
        {
            { Low: > 0 } => "it beats the best of its base and experts",
            { High: < 0 } => "it stays behind the best of its base and experts",
            _ => "it cannot be told from the best of its base and experts",
        };
        string settings = string.Join(", ", best.Settings.Select(setting => $"{setting.Key} {setting.Value}"));
        string chosen = study.Choice is not null ? $"Chosen of {study.Points.Count} merges" : "Best by Macro-OG";
        return $"{chosen}: {best.Name}{(settings.Length > 0 ? $", {settings}" : "")} ({best.Method}, "
            + $"stage {best.Stage}), {Numbers.Metric(gap)} over tasks with {Kind(gap.Over)}: {judged}.";
    }

    /// <summary>The merge that was chosen, or else the one that did best on the development items;
    /// <see langword="null"/> if none could be judged.</summary>
    public static StudyPoint? Best(StudySummary study) => study.Choice is { } choice ? study.Points[choice.Point] :
        study.Points.Where(point =>
            point.Metrics.Any(metric => metric.Name == MergeMetrics.MacroOutperformGapName && metric.Value is not null))
                .MaxBy(point => point.Development ?? double.NegativeInfinity);

    private static string Of(ModelSummary model, string name)
    {
        List<string> kept = [];
        AddKept("retention", "of general ability");
        AddKept("gainKept", "of the experts' gain");
        string[] better = [.. model.Gaps.Where(gap => gap.Verdict == "improved").Select(gap => gap.Task)];
        string above = better.Length == 0
            ? "it is better than base and experts on no task"
            : $"it is better than base and experts on {string.Join(", ", better)}";
        string keeps = kept.Count == 0 ? "" : $"{name} keeps {string.Join(" and ", kept)}; ";
        return $"{keeps}{(keeps.Length > 0 ? above : above.Replace("it is", $"{name} is", StringComparison.Ordinal))}"
            + $"{(model.Changes.Count > 0 ? $"; against the base it {Verdicts(model.Changes)}" : "")}.";

        void AddKept(string metric, string what)
        {
            if (model.Metrics.FirstOrDefault(candidate => candidate.Name == metric && candidate.Value is not null) is { } found)
            {
                kept.Add($"{Numbers.Metric(found)} {what}");
            }
        }
    }

    private static string Verdicts(IReadOnlyList<TaskChange> changes) =>
        $"improved {changes.Count(change => change.Verdict == "improved")}, "
            + $"damaged {changes.Count(change => change.Verdict == "damaged")} and "
            + $"left {changes.Count(change => change.Verdict == "unchanged")} of {changes.Count} tasks unchanged";

    private static double Best(IEnumerable<TaskSummary> tasks)
    {
        TaskSummary[] all = [.. tasks];
        return all[0].HigherIsBetter ? all.Max(task => task.Value) : all.Min(task => task.Value);
    }

    private static string Kind(string over) => over == "accuracy" ? "an accuracy" : "a perplexity";

    private static string Cosine(double? cosine) => cosine?.ToString("F4", CultureInfo.InvariantCulture) ?? "none";
}
