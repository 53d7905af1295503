using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>Tokenizers that pair bytes, as GPT-2's: <c>tokenizer.json</c>.</summary>
internal static class BytePairTokenizer
{
    /// <summary>GGUF's name of the kind.</summary>
    public const string Kind = "gpt2";

    // Where a user can name what is not known here.
    private const string NameSetting = "ggml_pre";

    // GPT-2 writes the byte of a space so.
    private const char Space = '\u0120';

    /// <summary>Reads the file.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="tokenizer">The file.</param>
    /// <param name="rows">How many rows the embedding has.</param>
    /// <param name="config"><c>tokenizer_config.json</c>, which may name the pre-tokenizer.</param>
    /// <exception cref="CheckpointException">It is of another kind, has more tokens than rows, or llama.cpp
    /// has no name for how it cuts text.</exception>
    public static TokenizerContent Read(string path, JsonObject tokenizer, int rows, JsonObject? config)
    {
        if (!IsBytePair(tokenizer))
        {
            throw TokenizerJson.Refusal(
                $"{path}: {TokenizerJson.File}: the tokenizer is of type '{(tokenizer["model"] as JsonObject)?["type"]}'; only those that "
                    + "merge pairs, of bytes or of pieces, can be written to GGUF");
        }

        string name = config?[NameSetting]?.ToString() ?? PreTokenizer.Find(tokenizer)?.Names[0]
            ?? throw new CheckpointException(new Problem(
                ErrorCodes.BadConfig,
                $"{path}: {TokenizerJson.File}: llama.cpp has no name, as far as is known, for how text is cut before bytes are paired",
                $"Add \"{NameSetting}\": with llama.cpp's name to tokenizer_config.json, or name another model's tokenizer with "
                    + "`tokenizer_source:`."));
        Piece[] pieces = TokenizerJson.ReadPieces(path, tokenizer, rows);
        List<MetadataEntry> entries =
        [
            MetadataEntry.Of(TokenizerMap.Prefix + "model", Kind),
            MetadataEntry.Of(TokenizerMap.Prefix + "pre", name),
            MetadataEntry.OfStrings(TokenizerMap.Prefix + "tokens", [.. pieces.Select(piece => piece.Text)]),
            MetadataEntry.OfArray(TokenizerMap.Prefix + "token_type", MetadataType.Int32, pieces.Length,
                [.. pieces.SelectMany(piece => BitConverter.GetBytes((int)piece.Kind))]),
            MetadataEntry.OfStrings(TokenizerMap.Prefix + "merges", [.. TokenizerJson.ReadMerges(tokenizer).Select(Merge)]),
        ];
        if (StepsOfTokenizer.Of(tokenizer["normalizer"], "normalizers").Any(step => step["type"]?.ToString() == "NFC"))
        {
            entries.Add(MetadataEntry.Of(TokenizerMap.Prefix + "normalizer.nfc", true));
        }

        return TokenizerJson.WithEnds(new TokenizerContent(pieces, entries, AddsBosByDefault: false), tokenizer);
    }

    /// <summary>Makes the file, if it is known how text is cut.</summary>
    public static IEnumerable<CompanionFile> ToCompanions(Metadata metadata)
    {
        if (PreTokenizer.Find(metadata.Find(TokenizerMap.Prefix + "pre")?.Text) is { } cut && TokenizerMap.Pieces(metadata) is { } pieces
            && metadata.Find(TokenizerMap.Prefix + "merges")?.Strings() is { } merges)
        {
            yield return TokenizerMap.WhenAsked(TokenizerJson.File, () => Make(metadata, cut, pieces, merges).Encode());
        }
    }

    private static bool IsBytePair(JsonObject tokenizer) =>
        tokenizer["model"] is JsonObject model && model["vocab"] is JsonObject && model["type"]?.ToString() == "BPE"
        && StepsOfTokenizer.Of(tokenizer["pre_tokenizer"], "pretokenizers").Any(step => step["type"]?.ToString() == "ByteLevel");

    private static byte[] Merge((string Left, string Right) pair) =>
        Encoding.UTF8.GetBytes($"{pair.Left.Replace(' ', Space)} {pair.Right.Replace(' ', Space)}");

    private static TokenizerJson Make(Metadata metadata, PreTokenizer cut, IReadOnlyList<Piece> pieces, IReadOnlyList<byte[]> merges)
    {
        bool composes = metadata.Find(TokenizerMap.Prefix + "normalizer.nfc")?.Truth ?? cut.Composes;
        JsonObject bytes = ByteLevel(trimsOffsets: false);
        return new TokenizerJson(pieces)
        {
            Normalizer = composes ? new JsonObject { ["type"] = "NFC" } : null,
            PreTokenizer = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. cut.Steps.Select(WithOffsets)]) },
            PostProcessor = TokenizerJson.Ends(metadata, pieces, cut.AddsBos) is { } ends
                ? new JsonObject { ["type"] = "Sequence", ["processors"] = new JsonArray(bytes, ends) }
                : bytes,
            Decoder = ByteLevel(trimsOffsets: true),
            IgnoresMerges = cut.IgnoresMerges,
            Merges = merges.Select(merge => Encoding.UTF8.GetString(merge).Split(' ', 2))
                .Select(parts => (parts[0], parts.ElementAtOrDefault(1) ?? "")),
        };
    }

    private static JsonNode WithOffsets(JsonNode? step)
    {
        JsonNode copy = step!.DeepClone();
        if (copy["type"]!.ToString() == "ByteLevel")
        {
            copy["trim_offsets"] = true;
        }

        return copy;
    }

    private static JsonObject ByteLevel(bool trimsOffsets) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = trimsOffsets, ["use_regex"] = true };
}
