using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>SentencePiece tokenizers as <c>tokenizer.json</c>: pairs in place of scores, and in words what is done with spaces.</summary>
internal static class SentencePieceJson
{
    private static readonly string _space = SentencePieceTokenizer.Space.ToString();

    /// <summary>Whether a file is of such a tokenizer.</summary>
    public static bool Is(JsonObject tokenizer) =>
        tokenizer["model"] is JsonObject model && model["vocab"] is JsonObject && model["type"]?.ToString() == "BPE"
            && TokenizerMap.IsTrue(model["byte_fallback"]) == true;

    /// <summary>Reads the tokens, with scores that make the same pairs, and whether a space is put before the text.</summary>
    /// <exception cref="CheckpointException">A token has no row, or something else is done with text.</exception>
    public static (IReadOnlyList<Piece> Pieces, bool AddsSpace) Read(string path, JsonObject tokenizer, int rows)
    {
        bool addsSpace = AddsSpace(tokenizer) ?? throw TokenizerJson.Refusal(
            $"{path}: {TokenizerJson.File}: more is done with text than SentencePiece's way with spaces, for which GGUF has no place");
        Piece[] pieces = TokenizerJson.ReadPieces(path, tokenizer, rows);
        string? unknown = tokenizer["model"].Find("unk_token").AsText();
        for (int id = 0; id < rows; id++)
        {
            string text = pieces[id].ToString();
            pieces[id] = text == unknown ? pieces[id] with { Kind = SentencePieceKind.Unknown }
                : pieces[id].Kind == SentencePieceKind.Normal && IsByte(text) ? pieces[id] with { Kind = SentencePieceKind.Byte }
                : pieces[id];
        }

        SetScores(pieces, tokenizer);
        return (pieces, addsSpace);
    }

    /// <summary>Makes the file.</summary>
    /// <param name="pieces">All tokens, by id.</param>
    /// <param name="addsSpace">Whether a space is put before the text.</param>
    /// <param name="ends">What is put before and after a text.</param>
    /// <param name="takesSpace">Whether white space after an added token is taken with it.</param>
    public static byte[] Write(IReadOnlyList<Piece> pieces, bool addsSpace, JsonObject? ends, Predicate<Piece> takesSpace)
    {
        JsonObject spaces = Replace(" ", _space);
        JsonObject[] toText = [Replace(_space, " "), new() { ["type"] = "ByteFallback" }, new() { ["type"] = "Fuse" }];
        JsonObject withoutSpace = new() { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 };
        return new TokenizerJson([.. pieces.Select(SentencePieceTokenizer.AsInText)])
        {
            Normalizer = addsSpace
                ? new JsonObject
                {
                    ["type"] = "Sequence",
                    ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = _space }, spaces)
                }
                : spaces,
            PostProcessor = ends,
            Decoder = new JsonObject
            {
                ["type"] = "Sequence",
                ["decoders"] = new JsonArray([.. toText, .. addsSpace ? [withoutSpace] : (JsonNode[])[]])
            },
            Unknown = pieces.FirstOrDefault(piece => piece.Kind == SentencePieceKind.Unknown)?.ToString(),
            FallsBackToBytes = pieces.Any(piece => piece.Kind == SentencePieceKind.Byte),
            TakesSpace = takesSpace,
            Merges = SentencePieceModel.Merges([.. pieces.Select(piece => piece.ToSentencePiece())]),
        }.Encode();
    }

    // Null if something else is done. Spaces that are replaced already are not there to be cut at.
    private static bool? AddsSpace(JsonObject tokenizer)
    {
        bool addsSpace = false;
        bool replaces = false;
        foreach (JsonObject step in StepsOfTokenizer.Of(tokenizer["normalizer"], "normalizers")
            .Concat(StepsOfTokenizer.Of(tokenizer["pre_tokenizer"], "pretokenizers")))
        {
            string? pattern = (step["pattern"] as JsonObject)?["String"]?.ToString();
            switch (step["type"]?.ToString())
            {
                case "Prepend" when step["prepend"]?.ToString() == _space:
                    addsSpace = true;
                    break;
                case "Replace" when pattern == " " && step["content"]?.ToString() == _space:
                    replaces = true;
                    break;
                case "Metaspace" when step["replacement"]?.ToString() == _space && TokenizerMap.IsTrue(step["split"]) == false:
                    addsSpace |= step["prepend_scheme"]?.ToString() != "never";
                    replaces = true;
                    break;
                case "Split" when pattern == " " && replaces:
                    break;
                default:
                    return null;
            }
        }

        return replaces ? addsSpace : null;
    }

    private static bool IsByte(string text) =>
        text is ['<', '0', 'x', _, _, '>'] && char.IsAsciiHexDigit(text[3]) && char.IsAsciiHexDigit(text[4]);

    // As SentencePiece numbers them: what is merged first has the highest score, and what no pair makes comes after all that pairs do.
    private static void SetScores(Piece[] pieces, JsonObject tokenizer)
    {
        Dictionary<string, int> ids = IdsOf(pieces);
        int next = 0;
        void Set(int id) => pieces[id] = pieces[id] with { Score = -next++ };
        foreach ((string left, string right) in TokenizerJson.ReadMerges(tokenizer))
        {
            if (ids.Remove(left + right, out int id))
            {
                Set(id);
            }
        }

        foreach (int id in ids.Values.Order().ToArray())
        {
            Set(id);
        }
    }

    private static Dictionary<string, int> IdsOf(Piece[] pieces)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        for (int id = 0; id < pieces.Length; id++)
        {
            if (pieces[id].Kind == SentencePieceKind.Normal)
            {
                ids.TryAdd(pieces[id].ToString(), id);
            }
        }

        return ids;
    }

    private static JsonObject Replace(string text, string content) =>
        new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = text }, ["content"] = content };
}
