using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>What a <c>tokenizer.model</c> says, as <c>tokenizer.json</c> says it: the same pieces, merges and way with spaces.</summary>
internal static class JsonOfSentencePiece
{
    private const string Space = "\u2581";

    /// <summary>Makes the file.</summary>
    /// <param name="model">BPE or Unigram.</param>
    /// <param name="settings"><c>tokenizer_config.json</c>, if it is there.</param>
    public static JsonObject Make(SentencePieceModel model, JsonObject? settings)
    {
        JsonObject[] toText = [Replace(Space, " "), Step("ByteFallback"), Step("Fuse")];
        JsonObject strip = new() { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 };
        string? begin = settings.Find("add_bos_token").AsTruth() == false || model.BeginId < 0 || model.BeginId >= model.Pieces.Count
            ? null
            : model.Pieces[model.BeginId].Text;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. model.Pieces.Index().Where(piece => IsAdded(piece.Item.Kind))
                .Select(piece => Added(piece.Item, piece.Index))]),
            ["normalizer"] = Normalizer(model),
            ["pre_tokenizer"] = null,
            ["post_processor"] = begin is null ? null : TokenizerFiles.Around((begin, model.BeginId), null),
            ["decoder"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray([.. toText, .. model.AddsPrefix ? [strip] : (JsonNode[])[]])
            },
            ["model"] = model.IsBpe ? Bpe(model) : Unigram(model),
        };
    }

    // In SentencePiece's own order: characters are mapped, spaces at the ends dropped and runs of them
    // made one, one is put in front, all are escaped.
    private static JsonObject Normalizer(SentencePieceModel model)
    {
        JsonArray steps = [];
        if (!model.CharacterMap.IsEmpty)
        {
            steps.Add(new JsonObject
            {
                ["type"] = "Precompiled",
                ["precompiled_charsmap"] = Convert.ToBase64String(model.CharacterMap.Span)
            });
        }

        if (model.RemovesExtraSpaces)
        {
            steps.Add(new JsonObject { ["type"] = "Strip", ["strip_left"] = true, ["strip_right"] = true });
            steps.Add(new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = " {2,}" }, ["content"] = " " });
        }

        if (model.AddsPrefix)
        {
            steps.Add(new JsonObject { ["type"] = "Prepend", ["prepend"] = Space });
        }

        steps.Add(Replace(" ", Space));
        return steps.Count == 1 ? Replace(" ", Space) : new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps };
    }

    private static JsonObject Bpe(SentencePieceModel model) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = model.Pieces.FirstOrDefault(piece => piece.Kind == SentencePieceKind.Unknown)?.Text,
        ["continuing_subword_prefix"] = null,
        ["end_of_word_suffix"] = null,
        ["fuse_unk"] = true,
        ["byte_fallback"] = model.Pieces.Any(piece => piece.Kind == SentencePieceKind.Byte),
        ["ignore_merges"] = false,
        ["vocab"] = new JsonObject(model.Pieces.Index().DistinctBy(piece => piece.Item.Text)
            .Select(piece => KeyValuePair.Create(piece.Item.Text, (JsonNode?)piece.Index))),
        ["merges"] = new JsonArray([.. SentencePieceModel.Merges(model.Pieces).Select(pair => new JsonArray(pair.Left, pair.Right))]),
    };

    private static JsonObject Unigram(SentencePieceModel model)
    {
        int unknown = model.Pieces.Index().FirstOrDefault(piece => piece.Item.Kind == SentencePieceKind.Unknown, (-1, null!)).Index;
        return new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = unknown < 0 ? null : unknown,
            ["vocab"] = new JsonArray([.. model.Pieces.Select(piece => new JsonArray(piece.Text, (double)piece.Score))]),
            ["byte_fallback"] = model.HasByteFallback,
        };
    }

    // What is never cut, and what is no part of a text.
    private static bool IsAdded(SentencePieceKind kind) =>
        kind is SentencePieceKind.Control or SentencePieceKind.Unknown or SentencePieceKind.UserDefined;

    private static JsonObject Added(SentencePiece piece, int id) =>
        TokenizerFiles.Added(piece.Text, id, isSpecial: piece.Kind != SentencePieceKind.UserDefined);

    private static JsonObject Step(string type) => new() { ["type"] = type };

    private static JsonObject Replace(string text, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = content };
}
