namespace MergeHost.Reports;

/// <summary>What a stage would choose by scores.</summary>
/// <param name="Scorers">The scorers.</param>
/// <param name="Tensors">The tensors that it chooses among; <see langword="null"/> if an earlier stage makes
/// them, so that they have no scores yet.</param>
public sealed record SelectionSummary(IReadOnlyList<string> Scorers, IReadOnlyList<ChoiceSummary>? Tensors);

/// <summary>What would be done with a tensor, and why.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Module">The module type, such as <c>self_attn.q_proj</c>.</param>
/// <param name="Layer">The number of its layer, or <see langword="null"/> outside the layers.</param>
/// <param name="Score">Its score, or the mean of several scorers' ranks; <see langword="null"/> if it has none.</param>
/// <param name="Action"><c>restore</c>, <c>freeze</c>, or for what is not chosen <c>adapted</c> or <c>base</c>.</param>
public sealed record ChoiceSummary(string Name, string Module, int? Layer, double? Score, string Action)
{
    /// <summary>Whether it is chosen.</summary>
    public bool IsChosen => Action is "restore" or "freeze";
}
