namespace MergeHost.Benchmarks;

/// <summary>What a measurement asks, as far as it can be told without a model.</summary>
/// <param name="AreQuestions">Whether each item is answered right or wrong, and not a text that is scored as a whole.</param>
/// <param name="Items">The items, each with its name and its text: the question, and the right answer where there is one.</param>
public sealed record BenchmarkItems(bool AreQuestions, IReadOnlyList<(string Id, string Text)> Items);
