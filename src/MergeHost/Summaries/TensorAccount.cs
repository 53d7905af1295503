using System.Globalization;

namespace MergeHost;

/// <summary>What becomes of each tensor of a model that takes part in a merge; each is named once.</summary>
/// <param name="Model">The model, as the recipe has it.</param>
/// <param name="Merged">The tensors that the strategy calculates with.</param>
/// <param name="Copied">The tensors that are taken over as they are, but for their type.</param>
/// <param name="Consumed">The tensors that are read for something else, by what reads them, such as a scorer.</param>
/// <param name="Excused">
/// The tensors that are left out, by the rule: <c>buffer</c>, <c>tied_head</c>, <c>other_layers</c>, <c>other_slice</c>, <c>configuration_only</c>,
/// <c>integers</c>, or the strategy that takes another model's.
/// </param>
public sealed record TensorAccount(
    string Model, IReadOnlyList<string> Merged, IReadOnlyList<string> Copied, IReadOnlyDictionary<string, IReadOnlyList<string>> Consumed,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Excused)
{
    /// <summary>How many tensors there are of each, in a line.</summary>
    public string ToText()
    {
        IEnumerable<string> parts = new[] { (Merged.Count, "merged"), (Copied.Count, "copied") }
            .Concat(Consumed.Select(pair => (pair.Value.Count, $"consumed by {pair.Key}"))).Concat(Excused.Select(pair => (pair.Value.Count, $"excused by {pair.Key}")))
            .Where(part => part.Item1 > 0).Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Item1:N0} {part.Item2}"));
        return string.Join(", ", parts);
    }
}
