using MergeHost.Models;
using MergeHost.Plans;
using MergeHost.Running.Data;

namespace MergeHost.Running.Checks;

/// <summary>Finds the sources that a merge took in, and that left no trace in it.</summary>
internal static class ChangeCheck
{
    /// <summary>Checks a stage whose tensors are made.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="records">What was noted of each tensor, in the order of the plan.</param>
    /// <returns>What is odd, or <see langword="null"/>.</returns>
    /// <exception cref="MergeHostException">All that was merged is one model's, byte for byte, though others had to change it.</exception>
    public static Problem? Run(StagePlan stage, IReadOnlyList<TensorRecord> records)
    {
        List<(TensorPlan Plan, TensorRecord Record)> merged =
            [.. stage.Tensors.Zip(records).Where(pair => pair.First.Copied is null && pair.First.Read.Distinct().Count() > 1)];
        if (stage.Selection is not null || merged.Count == 0)
        {
            return null;
        }

        HashSet<InputModel> same = [.. Same(merged[0].Plan, merged[0].Record)];
        merged.ForEach(pair => same.IntersectWith(same.Count == 0 ? [] : Same(pair.Plan, pair.Record)));
        InputModel? kept = merged[0].Plan.Inputs.Select(input => input.Model).FirstOrDefault(same.Contains);
        InputModel[] idle = [.. stage.MustChange.Keys.Where(model => model != kept
            && merged.Exists(pair => pair.Plan.Read.Any(input => input.Model == model)))];
        if (kept is null || idle.Length == 0)
        {
            return null;
        }

        Problem unchanged = new(ErrorCodes.ModelUnchanged,
            $"{string.Join(", ", idle.Select(model => $"'{model.Name}'"))} changed nothing: every tensor that was merged is that of "
                + $"'{kept.Name}', byte for byte",
            Hint(idle), stage.Stage.Models.FirstOrDefault(reference => reference.Name == idle[0].Name)?.Place, stage.Unchanged);
        return unchanged.Severity == Severity.Error ? throw new MergeHostException([unchanged]) : unchanged;
    }

    /// <summary>The way out for models that change nothing.</summary>
    public static string Hint(IReadOnlyList<InputModel> models) =>
        $"Take another model or weight, or set `allow_unchanged: [{string.Join(", ", models.Select(model => model.Name))}]`.";

    private static IEnumerable<InputModel> Same(TensorPlan plan, TensorRecord record) => plan.Read.Zip(record.Inputs)
        .Where(pair => pair.Second == record.Digest && pair.First.Tensor.DType == plan.Output.DType).Select(pair => pair.First.Model);
}
