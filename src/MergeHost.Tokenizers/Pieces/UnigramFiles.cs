using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Reads SentencePiece's Unigram from a <c>tokenizer.json</c>, as T5 and XLM-R have it.</summary>
internal static class UnigramFiles
{
    private const string Json = "tokenizer.json";

    private static readonly string _space = SpacedText.Space.ToString();

    /// <summary>Whether a <c>tokenizer.json</c> holds such a tokenizer.</summary>
    public static bool Recognises(JsonObject json) =>
        json["model"].Find("type").AsText() == "Unigram" && json["model"].Find("vocab") is JsonArray;

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <exception cref="MergeHostException">MH6004: a setting is not known here; MH2013: the file is broken.</exception>
    public static TextTokenizer Read(JsonObject json, JsonObject? tokens, JsonObject? settings)
    {
        JsonNode model = json["model"]!;
        (string Text, double Score)[] vocabulary = [.. model["vocab"]!.AsArray().Select(Piece)];
        Dictionary<string, int> ids = [];
        foreach ((int id, (string text, _)) in vocabulary.Index())
        {
            ids[text] = id;
        }

        int[] bytes = model["byte_fallback"].AsTruth() == true ? SentencePieceFiles.Bytes(ids) : [];
        HashSet<int> byteIds = [.. bytes];
        int? unknown = model["unk_id"].AsInt() is >= 0 and int named && named < vocabulary.Length ? named : null;
        UnigramPieces pieces = new(ids, [.. vocabulary.Select(piece => piece.Score)], bytes, unknown);
        IReadOnlyList<AddedToken> added = AddedToken.ReadAll(json, tokens, settings, ids);
        Func<string, string> normalize = TextNormalizer.Read(json["normalizer"]);
        (SpacePrefix prefix, bool cutsWords, bool dropsWhiteSpace) = ReadSpaces(json["pre_tokenizer"], normalize);
        SpacedText spaced = new()
        {
            CutPieces = pieces.Cut,
            Added = new AddedTokens(added, normalize),
            DropsWhiteSpace = dropsWhiteSpace,
            Prefix = prefix,
            IsPrefixedOnce = true,
            CutsWords = cutsWords,
            Text = id => id >= 0 && id < vocabulary.Length
                ? SentencePieceFiles.Text(vocabulary[id].Text, byteIds.Contains(id), isControl: id == unknown)
                : null,
        };
        return new TextTokenizer(spaced.Encode, spaced.Find, prefix != SpacePrefix.Never || normalize("x").StartsWith(SpacedText.Space),
            BeginToken.Find(json, settings, added));
    }

    private static (string, double) Piece(JsonNode? place) =>
        place.At(0).AsText() is { } text && place.At(1).AsNumber() is { } score && double.IsFinite(score)
            ? (text, score)
            : throw TokenizerException.Broken(Json, $"{place.Words()} in 'vocab' is no text with a score");

    private static (SpacePrefix Prefix, bool CutsWords, bool DropsWhiteSpace) ReadSpaces(JsonNode? preTokenizer,
        Func<string, string> normalize)
    {
        IReadOnlyList<JsonNode> steps = TokenizerSteps.Of(preTokenizer);
        bool dropsWhiteSpace = steps is [JsonNode first, ..] && first.Find("type").AsText() == "WhitespaceSplit";
        return steps.Skip(dropsWhiteSpace ? 1 : 0).ToArray() switch
        {
            [JsonNode step] when step.Find("type").AsText() == "Metaspace" && step.Find("replacement").AsText() == _space =>
                (SentencePieceFiles.Scheme(step), step.Find("split").AsTruth() ?? true, dropsWhiteSpace),
            [] when normalize("x x").Contains(SpacedText.Space, StringComparison.Ordinal) => (SpacePrefix.Never, false, dropsWhiteSpace),
            _ => throw TokenizerException.Unsupported(Json, $"pre-tokenizer {preTokenizer.Words()}",
                "Metaspace, alone or after WhitespaceSplit"),
        };
    }
}
