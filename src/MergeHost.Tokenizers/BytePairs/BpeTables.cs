using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>What the model of a <c>tokenizer.json</c> holds, for byte-level BPE as for SentencePiece's.</summary>
internal static class BpeTables
{
    private const string File = "tokenizer.json";

    /// <summary>The ids of the tokens.</summary>
    /// <exception cref="MergeHostException">MH2013: an id is no whole number.</exception>
    public static Dictionary<string, int> Vocabulary(JsonObject vocabulary) => vocabulary.ToDictionary(
        entry => entry.Key,
        entry => entry.Value.AsInt()
            ?? throw TokenizerException.Broken(File,
                $"the id of token '{CheckpointException.Printable(entry.Key)}' is {entry.Value.Words()}"));

    /// <summary>What merges cost: the sooner they come in the file, the less.</summary>
    /// <exception cref="MergeHostException">MH2013: a merge is no pair of texts.</exception>
    public static MergeCost Merges(JsonArray merges)
    {
        Dictionary<string, int> ranks = [];
        foreach ((int rank, JsonNode? merge) in merges.Index())
        {
            string? pair = merge.AsText()
                ?? (merge.At(0).AsText() is { } left && merge.At(1).AsText() is { } right ? Pair(left, right) : null);
            ranks[pair ?? throw TokenizerException.Broken(File, $"{merge.Words()} in 'merges' is no pair of texts")] = rank;
        }

        return (left, right) => ranks.TryGetValue(Pair(left, right), out int rank) ? rank : null;
    }

    // A token never holds a space: another letter stands for it.
    private static string Pair(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => $"{left} {right}";
}
