using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>Tokenizers that pair bytes, as GPT-2's: <c>tokenizer.json</c>.</summary>
internal static class BytePairTokenizer
{
    /// <summary>GGUF's name of the kind.</summary>
    public const string Kind = "gpt2";

    /// <summary>The file.</summary>
    public const string File = "tokenizer.json";

    // Where a user can name what is not known here.
    private const string NameSetting = "ggml_pre";

    // GPT-2 writes the byte of a space so.
    private const char Space = '\u0120';

    private static readonly JsonSerializerOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="tokenizer">The file.</param>
    /// <param name="rows">How many rows the embedding has.</param>
    /// <param name="config"><c>tokenizer_config.json</c>, which may name the pre-tokenizer.</param>
    /// <exception cref="CheckpointException">It is of another kind, has more tokens than rows, or llama.cpp has no name for how it cuts text.</exception>
    public static TokenizerContent Read(string path, JsonObject tokenizer, int rows, JsonObject? config)
    {
        if (tokenizer["model"] is not JsonObject model || model["vocab"] is not JsonObject vocabulary || !IsBytePair(tokenizer, model))
        {
            throw Refusal($"{path}: {File}: the tokenizer is of type '{(tokenizer["model"] as JsonObject)?["type"]}'; only those that pair bytes can be written to GGUF");
        }

        string name = config?[NameSetting]?.ToString() ?? PreTokenizer.Find(tokenizer)?.Names[0] ?? throw new CheckpointException(new Problem(
            ErrorCodes.BadConfig, $"{path}: {File}: llama.cpp has no name, as far as is known, for how text is cut before bytes are paired",
            $"Add \"{NameSetting}\": with llama.cpp's name to tokenizer_config.json, or name another model's tokenizer with `tokenizer_source:`."));
        Piece[] pieces = Pieces(path, vocabulary, tokenizer["added_tokens"] as JsonArray, rows);
        List<MetadataEntry> entries =
        [
            MetadataEntry.Of(TokenizerMap.Prefix + "model", Kind),
            MetadataEntry.Of(TokenizerMap.Prefix + "pre", name),
            MetadataEntry.OfStrings(TokenizerMap.Prefix + "tokens", [.. pieces.Select(piece => piece.Text)]),
            MetadataEntry.OfArray(TokenizerMap.Prefix + "token_type", MetadataType.Int32, pieces.Length, [.. pieces.SelectMany(piece => BitConverter.GetBytes((int)piece.Kind))]),
            MetadataEntry.OfStrings(TokenizerMap.Prefix + "merges", [.. (model["merges"] as JsonArray ?? []).Select(pair => Encoding.UTF8.GetBytes(Merge(pair)))]),
        ];
        if (TokenizerSteps.Of(tokenizer["normalizer"], "normalizers").Any(step => step["type"]?.ToString() == "NFC"))
        {
            entries.Add(MetadataEntry.Of(TokenizerMap.Prefix + "normalizer.nfc", true));
        }

        return WithEnds(new TokenizerContent(pieces, entries, AddsBosByDefault: false), tokenizer["post_processor"]);
    }

    /// <summary>Makes the file, if it is known how text is cut.</summary>
    public static CompanionFile? ToCompanion(Metadata metadata)
    {
        if (PreTokenizer.Find(metadata.Find(TokenizerMap.Prefix + "pre")?.Text) is not { } cut || TokenizerMap.Pieces(metadata) is not { } pieces
            || metadata.Find(TokenizerMap.Prefix + "merges")?.Strings() is not { } merges)
        {
            return null;
        }

        // A vocabulary takes megabytes, and merges within GGUF never ask for it.
        Lazy<byte[]> content = new(() => JsonSerializer.SerializeToUtf8Bytes(Make(metadata, cut, pieces, merges), _plain));
        return new CompanionFile(File, () => new MemoryStream(content.Value, writable: false));
    }

    private static bool IsBytePair(JsonObject tokenizer, JsonObject model) =>
        model["type"]?.ToString() == "BPE" && TokenizerSteps.Of(tokenizer["pre_tokenizer"], "pretokenizers").Any(step => step["type"]?.ToString() == "ByteLevel");

    private static CheckpointException Refusal(string message) =>
        new(new Problem(ErrorCodes.BadConfig, message, "Name another model's tokenizer with `tokenizer_source:`, or store the model as safetensors."));

    private static Piece[] Pieces(string path, JsonObject vocabulary, JsonArray? added, int rows)
    {
        Piece[] pieces = [.. Enumerable.Range(0, rows).Select(SentencePieceTokenizer.Missing)];
        void Set(JsonNode? id, Piece piece)
        {
            pieces[id is JsonValue value && value.TryGetValue(out int index) && index >= 0 && index < rows
                ? index
                : throw Refusal($"{path}: {File}: token '{CheckpointException.Printable(Encoding.UTF8.GetString(piece.Text))}' has the id {id?.ToJsonString()}, the embedding {rows} rows")] = piece;
        }

        foreach ((string text, JsonNode? id) in vocabulary)
        {
            Set(id, new Piece(Encoding.UTF8.GetBytes(text), 0, PieceKind.Normal));
        }

        foreach (JsonNode? token in added ?? [])
        {
            Set(token?["id"], SentencePieceTokenizer.Added(token?["content"]?.ToString() ?? "", TokenizerMap.IsTrue(token?["special"]) == true));
        }

        return pieces;
    }

    private static string Merge(JsonNode? pair) => pair is JsonArray parts
        ? string.Join(' ', parts.Select(part => part?.ToString().Replace(' ', Space)))
        : pair?.ToString() ?? "";

    // The last step that puts something before or after a text decides.
    private static TokenizerContent WithEnds(TokenizerContent content, JsonNode? steps)
    {
        foreach (JsonObject step in TokenizerSteps.Of(steps, "processors"))
        {
            content = step["type"]?.ToString() switch
            {
                "ByteLevel" => content with { AddsBos = content.AddsBos ?? false, AddsEos = content.AddsEos ?? false },
                "TemplateProcessing" when step["single"] is JsonArray { Count: > 1 } parts => content with
                {
                    AddsBos = parts[0]?["SpecialToken"] is null ? content.AddsBos : true,
                    AddsEos = parts[^1]?["SpecialToken"] is null ? content.AddsEos : true,
                },
                _ => content,
            };
        }

        return content;
    }

    private static JsonObject Make(Metadata metadata, PreTokenizer cut, IReadOnlyList<Piece> pieces, IReadOnlyList<byte[]> merges)
    {
        JsonObject vocabulary = [];
        JsonArray added = [];
        for (int id = 0; id < pieces.Count; id++)
        {
            string text = Encoding.UTF8.GetString(pieces[id].Text);
            switch (pieces[id].Kind)
            {
                case PieceKind.Unused:
                    break;
                case PieceKind.Control or PieceKind.UserDefined or PieceKind.Unknown:
                    added.Add(new JsonObject
                    {
                        ["id"] = id,
                        ["content"] = text,
                        ["single_word"] = false,
                        ["lstrip"] = false,
                        ["rstrip"] = false,
                        ["normalized"] = false,
                        ["special"] = pieces[id].Kind != PieceKind.UserDefined,
                    });
                    break;
                default:
                    vocabulary[text] = id;
                    break;
            }
        }

        bool composes = metadata.Find(TokenizerMap.Prefix + "normalizer.nfc")?.Truth ?? cut.Composes;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = composes ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. cut.Steps.Select(WithOffsets)]) },
            ["post_processor"] = Ends(metadata, cut, pieces),
            ["decoder"] = ByteLevel(trimsOffsets: true),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = cut.IgnoresMerges,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(merge => new JsonArray([.. Encoding.UTF8.GetString(merge).Split(' ', 2).Select(part => JsonValue.Create(part))]))]),
            },
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

    private static JsonObject Ends(Metadata metadata, PreTokenizer cut, IReadOnlyList<Piece> pieces)
    {
        JsonObject bytes = ByteLevel(trimsOffsets: false);
        int begin = TokenizerMap.IdOf(metadata, "bos", pieces.Count);
        int end = TokenizerMap.IdOf(metadata, "eos", pieces.Count);
        bool begins = begin >= 0 && (metadata.Find(TokenizerMap.Prefix + "add_bos_token")?.Truth ?? cut.AddsBos);
        bool ends = end >= 0 && (metadata.Find(TokenizerMap.Prefix + "add_eos_token")?.Truth ?? false);
        if (!begins && !ends)
        {
            return bytes;
        }

        string Text(int id) => Encoding.UTF8.GetString(pieces[id].Text);
        JsonObject Special(int id, int type) => new() { ["SpecialToken"] = new JsonObject { ["id"] = Text(id), ["type_id"] = type } };
        JsonArray Around(params (string Sequence, int Type)[] texts) => new([.. texts.SelectMany(text => (IEnumerable<JsonNode>)
        [
            .. begins ? [Special(begin, text.Type)] : (JsonNode[])[],
            new JsonObject { ["Sequence"] = new JsonObject { ["id"] = text.Sequence, ["type_id"] = text.Type } },
            .. ends ? [Special(end, text.Type)] : (JsonNode[])[],
        ])]);
        JsonObject tokens = [];
        foreach (int id in (int[])[.. begins ? [begin] : (int[])[], .. ends ? [end] : (int[])[]])
        {
            tokens[Text(id)] = new JsonObject { ["id"] = Text(id), ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(Text(id)) };
        }

        JsonObject template = new() { ["type"] = "TemplateProcessing", ["single"] = Around(("A", 0)), ["pair"] = Around(("A", 0), ("B", 1)), ["special_tokens"] = tokens };
        return new JsonObject { ["type"] = "Sequence", ["processors"] = new JsonArray(bytes, template) };
    }

    private static JsonObject ByteLevel(bool trimsOffsets) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = trimsOffsets, ["use_regex"] = true };
}
