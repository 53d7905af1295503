namespace MergeHost.Plugins.LanguageModel;

/// <summary>Token ids, of which the last are scored.</summary>
/// <param name="Ids">The ids, at least one.</param>
/// <param name="First">The first that is scored, at least 1: nothing stands before token 0 to tell how likely it is.</param>
internal sealed record ScoredSequence(IReadOnlyList<int> Ids, int First);
