using System.Globalization;

namespace MergeHost.Reports;

/// <summary>What becomes of each tensor of a model that takes part in a merge; each is named once.</summary>
/// <param name="Model">The model, as the recipe has it.</param>
/// <param name="Merged">The tensors that the strategy calculates with.</param>
/// <param name="Copied">The tensors that are taken over as they are, but for their type.</param>
/// <param name="Consumed">The tensors that are read for something else, by what reads them, such as a scorer.</param>
/// <param name="Excused">
/// The tensors that are left out, by the rule: <c>buffer</c>, <c>tied_head</c>, <c>other_layers</c>, <c>other_slice</c>,
/// <c>configuration_only</c>, <c>integers</c>, or the strategy that takes another model's.
/// </param>
public sealed record TensorAccount(
    string Model, IReadOnlyList<string> Merged, IReadOnlyList<string> Copied, IReadOnlyDictionary<string, IReadOnlyList<string>> Consumed,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Excused)
{
    /// <summary>How many tensors there are of each, in a line.</summary>
    public string ToText()
    {
        string?[] parts =
        [
            Part(Merged.Count, "merged"), Part(Copied.Count, "copied"),
            .. Consumed.Select(pair => Part(pair.Value.Count, $"consumed by {pair.Key}")),
            .. Excused.Select(pair => Part(pair.Value.Count, $"excused by {pair.Key}")),
        ];
        return string.Join(", ", parts.OfType<string>());

        static string? Part(int count, string what) => count > 0 ? string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}") : null;
    }
}
