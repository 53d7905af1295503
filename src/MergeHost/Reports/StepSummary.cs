namespace MergeHost.Reports;

/// <summary>What is done to merged tensors at the end.</summary>
/// <param name="Id">The strategy that does it.</param>
/// <param name="Plugin">The plugin that has it, with its version.</param>
/// <param name="Parameters">The parameters that the recipe gives it.</param>
public sealed record StepSummary(string Id, string Plugin, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The step in a line.</summary>
    public string ToText() =>
        Parameters.Count == 0 ? Id : $"{Id} ({string.Join(", ", Parameters.Select(parameter => $"{parameter.Key} {parameter.Value}"))})";
}
