using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>What a <c>tokenizer.model</c> says, as <c>tokenizer.json</c> says it: the same pieces, merges and way with spaces.</summary>
internal static class JsonOfSentencePiece
{
    // Longer pieces are none that text is made of.
    private const int MostCharacters = 256;

    private const string Space = "\u2581";

    /// <summary>Makes the file.</summary>
    /// <param name="model">BPE.</param>
    /// <param name="settings"><c>tokenizer_config.json</c>, if it is there.</param>
    /// <param name="added">The tokens that are found before text is cut.</param>
    public static JsonObject Make(SentencePieceModel model, JsonObject? settings, IReadOnlyList<StoredToken> added)
    {
        JsonObject spaces = Replace(" ", Space);
        JsonObject[] toText = [Replace(Space, " "), Step("ByteFallback"), Step("Fuse")];
        JsonObject strip = new() { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 };
        string? begin = settings.Find("add_bos_token").AsTruth() == false || model.BeginId < 0 || model.BeginId >= model.Pieces.Count ? null : model.Pieces[model.BeginId].Text;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. added.Select(token => token.ToJson())]),
            ["normalizer"] = model.AddsPrefix
                ? new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = Space }, spaces) }
                : spaces,
            ["pre_tokenizer"] = null,
            ["post_processor"] = begin is null ? null : Begin(begin, model.BeginId),
            ["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = new JsonArray([.. toText, .. model.AddsPrefix ? [strip] : (JsonNode[])[]]) },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = model.Pieces.FirstOrDefault(piece => piece.Kind == SentencePieceKind.Unknown)?.Text,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = model.Pieces.Any(piece => piece.Kind == SentencePieceKind.Byte),
                ["ignore_merges"] = false,
                ["vocab"] = new JsonObject(model.Pieces.Index().DistinctBy(piece => piece.Item.Text).Select(piece => KeyValuePair.Create(piece.Item.Text, (JsonNode?)piece.Index))),
                ["merges"] = new JsonArray([.. Merges(model).Select(pair => new JsonArray(pair.Left, pair.Right))]),
            },
        };
    }

    /// <summary>Every way to make a piece of two, in the order in which SentencePiece would take them; ways to make the same piece by the ids of its parts.</summary>
    public static IEnumerable<(string Left, string Right)> Merges(SentencePieceModel model)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach ((int id, SentencePiece piece) in model.Pieces.Index().Where(piece => piece.Item.Kind == SentencePieceKind.Normal))
        {
            ids.TryAdd(piece.Text, id);
        }

        foreach ((string text, _) in ids.Where(piece => piece.Key.Length <= MostCharacters).OrderByDescending(piece => model.Pieces[piece.Value].Score).ThenBy(piece => piece.Value))
        {
            foreach ((string Left, string Right) pair in Enumerable.Range(1, Math.Max(0, text.Length - 1)).Select(length => (Left: text[..length], Right: text[length..]))
                .Where(pair => ids.ContainsKey(pair.Left) && ids.ContainsKey(pair.Right)).OrderBy(pair => ids[pair.Left]))
            {
                yield return pair;
            }
        }
    }

    private static JsonObject Step(string type) => new() { ["type"] = type };

    private static JsonObject Replace(string text, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = content };

    private static JsonObject Begin(string token, int id)
    {
        JsonObject Special(int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type } };
        JsonObject Sequence(string name, int type) => new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(0), Sequence("A", 0)),
            ["pair"] = new JsonArray(Special(0), Sequence("A", 0), Special(1), Sequence("B", 1)),
            ["special_tokens"] = new JsonObject { [token] = new JsonObject { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) } },
        };
    }
}
