namespace MergeHost.Runtimes;

/// <summary>Token ids that are read once, and continuations of them that are scored, each as if it alone followed.</summary>
/// <param name="Ids">The ids that are read, at least one: nothing tells how likely the first token of a text is.</param>
/// <param name="Continuations">The ids that are scored, at least one continuation of at least one id.</param>
public sealed record ScoredPrompt(IReadOnlyList<int> Ids, IReadOnlyList<IReadOnlyList<int>> Continuations);
