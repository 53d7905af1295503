using MergeHost.Options;
using MergeHost.Recipes;

namespace MergeHost.Plans;

/// <summary>What a stage's <c>select:</c> chooses among, and by what.</summary>
/// <param name="Selection">As written.</param>
/// <param name="Scorers">The scorers with their options.</param>
/// <param name="Pairs">The tensors that can be chosen or not.</param>
internal sealed record SelectionPlan(RecipeSelection Selection, IReadOnlyList<BoundScorer> Scorers, IReadOnlyList<ScorePair> Pairs)
{
    private static readonly OptionsSchema _schema = new(typeof(SelectionOptions));

    /// <summary>What has been chosen, in the order of the pairs, once scores are there.</summary>
    public IReadOnlyList<TensorChoice>? Choices { get; init; }

    /// <summary>Whether all data that is to be scored is there, or is made by an earlier stage.</summary>
    public bool CanScore => Pairs.All(pair => pair.Base.Model.IsMade && pair.Adapted.Model.IsMade);

    /// <summary>The fields that hold for a tensor; what cannot be read was reported with the recipe.</summary>
    public SelectionOptions OptionsOf(string tensor) => (SelectionOptions)_schema.Create(option =>
        Selection.Settings.Settings.TryGetValue(option.Name, out ParameterSetting? setting) && setting.Value.At(tensor, 0) is { } point
            ? option.Parse(point.From).Value
            : option.Default);

    /// <summary>The plan of a tensor, now that it is known which are chosen.</summary>
    public TensorPlan Apply(TensorPlan plan, TensorChoice choice)
    {
        SelectionOptions options = OptionsOf(plan.Output.Name);
        if (choice.IsChosen)
        {
            return options.Action == SelectionAction.Restore ? plan : Copy(plan, choice.Pair.Base);
        }

        return Copy(plan, options.Others == SelectionOthers.Adapted ? choice.Pair.Adapted : choice.Pair.Base);
    }

    private static TensorPlan Copy(TensorPlan plan, InputTensor input) => new(plan.Output, Strategies.Treatment.CopyBase(), input, [])
    {
        Packed = plan.Packed is { Copies.Count: > 0 } packed
            ? packed with { Copied = plan.Inputs.Zip(packed.Copies).FirstOrDefault(pair => pair.First == input).Second ?? [] }
            : plan.Packed,
    };
}

/// <summary>Whether a tensor is chosen.</summary>
/// <param name="Pair">The tensor.</param>
/// <param name="Score">The tensor's score, or the mean of several scorers' ranks; <see langword="null"/> if it has none.</param>
/// <param name="IsChosen">Whether it is.</param>
internal sealed record TensorChoice(ScorePair Pair, double? Score, bool IsChosen);
