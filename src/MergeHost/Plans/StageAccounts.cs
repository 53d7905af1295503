using MergeHost.Models;
using MergeHost.Reports;

namespace MergeHost.Plans;

/// <summary>Tells of each tensor of a stage's models what became of it.</summary>
internal static class StageAccounts
{
    // Whole numbers and truth values, which must be equal in all models or are the first one's.
    private const string Integers = "integers";

    /// <summary>The accounts, one a model.</summary>
    /// <param name="stage">The stage; where scores choose, once they have.</param>
    public static IReadOnlyList<TensorAccount> Of(StagePlan stage)
    {
        Dictionary<InputModel, Dictionary<string, Outcome>> fates = stage.Models.ToDictionary(model => model,
            _ => new Dictionary<string, Outcome>());
        foreach (TensorPlan plan in stage.Tensors)
        {
            foreach (InputTensor input in plan.Read)
            {
                Note(input, plan.Copied is null ? Fate.Merged : Fate.Copied, "");
            }
        }

        foreach (TensorPlan plan in stage.Offered ?? stage.Tensors)
        {
            bool isNumber = plan.Output.DType.Kind is DTypeKind.Float or DTypeKind.Quantized;
            foreach (InputTensor input in plan.Inputs)
            {
                Note(input, Fate.Excused, isNumber ? stage.Strategy.Export.Id : Integers);
            }
        }

        // What a scorer looks at is used, even where the other model's tensor is taken.
        if (stage.Selection is { } selection)
        {
            string scorers = string.Join(", ", selection.Scorers.Select(scorer => scorer.Id));
            foreach (InputTensor input in selection.Pairs.SelectMany(pair => new[] { pair.Base, pair.Adapted }))
            {
                Note(input, Fate.Consumed, scorers);
            }
        }

        return [.. stage.Models.Select(model => Account(model, fates[model], stage.Excused.GetValueOrDefault(model)))];

        // The strongest holds: a tensor that is merged somewhere is merged.
        void Note(InputTensor input, Fate fate, string by)
        {
            if (!fates[input.Model].TryGetValue(input.Tensor.Name, out Outcome? known) || fate < known.Fate)
            {
                fates[input.Model][input.Tensor.Name] = new Outcome(input.Tensor.Name, fate, by);
            }
        }
    }

    private static TensorAccount Account(InputModel model, Dictionary<string, Outcome> fates, IReadOnlyDictionary<string, string>? excused)
    {
        foreach ((string name, string rule) in excused ?? new Dictionary<string, string>())
        {
            fates.TryAdd(name, new Outcome(name, Fate.Excused, rule));
        }

        ILookup<Fate, Outcome> byFate = model.Stored.Select(tensor => fates.GetValueOrDefault(tensor.Name)).OfType<Outcome>()
            .ToLookup(outcome => outcome.Fate);
        return new TensorAccount(
            model.Name, [.. byFate[Fate.Merged].Select(outcome => outcome.Name)], [.. byFate[Fate.Copied].Select(outcome => outcome.Name)],
            ByReason(byFate[Fate.Consumed]
                .Concat(model.Consumed.Select(tensor => new Outcome(tensor.Tensor.Name, Fate.Consumed, tensor.Transform)))),
            ByReason(byFate[Fate.Excused]));

        static SortedDictionary<string, IReadOnlyList<string>> ByReason(IEnumerable<Outcome> outcomes) => new(
            outcomes.GroupBy(outcome => outcome.By, outcome => outcome.Name)
                .ToDictionary(group => group.Key, group => (IReadOnlyList<string>)[.. group]),
            StringComparer.Ordinal);
    }

    private sealed record Outcome(string Name, Fate Fate, string By);

    // The stronger before the weaker.
    private enum Fate
    {
        Merged,
        Copied,
        Consumed,
        Excused,
    }
}
