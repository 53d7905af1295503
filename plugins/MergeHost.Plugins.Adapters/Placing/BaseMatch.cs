using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Placing;

/// <summary>Compares the base that an adapter was trained on with the one that it is added to.</summary>
internal static class BaseMatch
{
    /// <summary>Warns where the names differ.</summary>
    /// <exception cref="CheckpointException">The adapter has tokens that the base has no rows for.</exception>
    public static void Check(BaseModel model, ICheckpointReader reader, AdapterFile adapter)
    {
        WarnOfName(model, reader, adapter);
        long tokens = adapter.Reader.Companions.Where(file => file.Name is "tokenizer.json" or "added_tokens.json").Select(Tokens)
            .DefaultIfEmpty(0).Max();
        if (model.Ends.Embedding is { } embedding && tokens > embedding.Shape[0])
        {
            throw new CheckpointException(new Problem(ErrorCodes.VocabularyMismatch,
                string.Create(CultureInfo.InvariantCulture,
                    $"{adapter.Name}: the adapter's tokenizer has {tokens:N0} tokens, '{embedding.Name}' of the "
                        + $"base {embedding.Shape[0]:N0} rows"),
                "Enlarge the base as it was while the adapter was trained, or remove the tokenizer from the adapter's folder if its new "
                    + "tokens are never used."));
        }
    }

    private static void WarnOfName(BaseModel model, ICheckpointReader reader, AdapterFile adapter)
    {
        if (adapter.Config.Text("base_model_name_or_path") is not { Length: > 0 } named)
        {
            return;
        }

        string last = named.TrimEnd('/', '\\').Split('/', '\\')[^1];
        string[] known = [.. reader.WeightFiles, .. model.Config.Find("_name_or_path").AsText() is { } own ? (string[])[own] : []];
        if (last.Length > 0 && known.Length > 0 && !known.Any(name => name.Contains(last, StringComparison.OrdinalIgnoreCase)))
        {
            adapter.Warnings.Add(
                adapter.Config.Warning(
                    $"the adapter was trained on '{CheckpointException.Printable(named)}'; it is added to "
                        + $"'{Path.GetDirectoryName(known[0])}'",
                    "See that both hold the same weights."));
        }
    }

    // The highest number of a token, and one.
    private static long Tokens(CompanionFile file)
    {
        JsonObject json = file.ReadJson();
        IEnumerable<JsonNode?> numbers = file.Name == "added_tokens.json"
            ? json.Select(entry => entry.Value)
            : (json.Find("model").Find("vocab") is JsonObject vocabulary ? vocabulary.Select(entry => entry.Value) : [])
                .Concat(json.Find("added_tokens").Items().Select(token => token.Find("id")));
        return Math.Max(json.Find("model").Find("vocab").Items().Count,
            numbers.Select(number => number.AsWhole() + 1 ?? 0).DefaultIfEmpty(0).Max());
    }
}
