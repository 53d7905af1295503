using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>A <c>tokenizer.json</c> of pieces that are merged pair by pair, as the library tokenizers has it.</summary>
/// <param name="Pieces">All tokens, by id.</param>
internal sealed record TokenizerJson(IReadOnlyList<Piece> Pieces)
{
    /// <summary>The file.</summary>
    public const string File = "tokenizer.json";

    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What is done with text before it is cut.</summary>
    public JsonObject? Normalizer { get; init; }

    /// <summary>How text is cut.</summary>
    public JsonObject? PreTokenizer { get; init; }

    /// <summary>What is put before and after a text.</summary>
    public JsonObject? PostProcessor { get; init; }

    /// <summary>How tokens become text.</summary>
    public required JsonObject Decoder { get; init; }

    /// <summary>The token for characters that there is none for, if there is such a token.</summary>
    public string? Unknown { get; init; }

    /// <summary>Whether characters that there is no token for become tokens of their bytes.</summary>
    public bool FallsBackToBytes { get; init; }

    /// <summary>Whether a token of the vocabulary is taken whole, whatever pairs would make of it.</summary>
    public bool IgnoresMerges { get; init; }

    /// <summary>Whether white space after an added token is taken with it.</summary>
    public Predicate<Piece> TakesSpace { get; init; } = static _ => false;

    /// <summary>The pairs, those that are merged first coming first.</summary>
    public required IEnumerable<(string Left, string Right)> Merges { get; init; }

    /// <summary>Reads the tokens; those that are missing are filled up.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="tokenizer">The file.</param>
    /// <param name="rows">How many rows the embedding has.</param>
    /// <exception cref="CheckpointException">A token has no row.</exception>
    public static Piece[] ReadPieces(string path, JsonObject tokenizer, int rows)
    {
        Piece[] pieces = [.. Enumerable.Range(0, rows).Select(SentencePieceTokenizer.Missing)];
        void Set(JsonNode? id, Piece piece)
        {
            pieces[id.AsInt() is >= 0 and { } index && index < rows
                ? index
                : throw Refusal(
                    $"{path}: {File}: token '{CheckpointException.Printable(Encoding.UTF8.GetString(piece.Text))}' has the "
                        + $"id {id.Words()}, the embedding {rows} rows")] = piece;
        }

        foreach ((string text, JsonNode? id) in tokenizer["model"].Find("vocab") as JsonObject ?? [])
        {
            Set(id, new Piece(Encoding.UTF8.GetBytes(text), 0, SentencePieceKind.Normal));
        }

        foreach (JsonObject token in (tokenizer["added_tokens"] as JsonArray ?? []).OfType<JsonObject>())
        {
            Set(token["id"],
                SentencePieceTokenizer.Added(token["content"]?.ToString() ?? "", TokenizerMap.IsTrue(token["special"]) == true));
        }

        return pieces;
    }

    /// <summary>Reads the pairs, which older files write as one text with a space between.</summary>
    public static IEnumerable<(string Left, string Right)> ReadMerges(JsonObject tokenizer)
    {
        foreach (JsonNode? pair in tokenizer["model"].Find("merges") as JsonArray ?? [])
        {
            string[] parts = pair is JsonArray array
                ? [.. array.Select(part => part?.ToString() ?? "")]
                : (pair?.ToString() ?? "").Split(' ', 2);
            yield return (parts.ElementAtOrDefault(0) ?? "", parts.ElementAtOrDefault(1) ?? "");
        }
    }

    /// <summary>Reads what is put before and after a text; the last step that does so decides.</summary>
    public static TokenizerContent WithEnds(TokenizerContent content, JsonObject tokenizer)
    {
        foreach (JsonObject step in StepsOfTokenizer.Of(tokenizer["post_processor"], "processors"))
        {
            content = step["type"]?.ToString() switch
            {
                "ByteLevel" => content with { AddsBos = content.AddsBos ?? false, AddsEos = content.AddsEos ?? false },
                "TemplateProcessing" when step["single"] is JsonArray { Count: > 1 } parts => content with
                {
                    AddsBos = (parts[0] as JsonObject)?["SpecialToken"] is null ? content.AddsBos : true,
                    AddsEos = (parts[^1] as JsonObject)?["SpecialToken"] is null ? content.AddsEos : true,
                },
                _ => content,
            };
        }

        return content;
    }

    /// <summary>What a file's metadata say is put before and after a text, or <see langword="null"/> if nothing is.</summary>
    public static JsonObject? Ends(Metadata metadata, IReadOnlyList<Piece> pieces, bool addsBosByDefault)
    {
        int begin = TokenizerMap.IdOf(metadata, "bos", pieces.Count);
        int end = TokenizerMap.IdOf(metadata, "eos", pieces.Count);
        bool begins = begin >= 0 && (metadata.Find(TokenizerMap.Prefix + "add_bos_token")?.Truth ?? addsBosByDefault);
        bool ends = end >= 0 && (metadata.Find(TokenizerMap.Prefix + "add_eos_token")?.Truth ?? false);
        if (!begins && !ends)
        {
            return null;
        }

        string Text(int id) => pieces[id].ToString();
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

        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = Around(("A", 0)),
            ["pair"] = Around(("A", 0), ("B", 1)),
            ["special_tokens"] = tokens
        };
    }

    /// <summary>That a tokenizer cannot be written to GGUF.</summary>
    public static CheckpointException Refusal(string message) =>
        new(new Problem(ErrorCodes.BadConfig, message,
            "Name another model's tokenizer with `tokenizer_source:`, or store the model as safetensors."));

    /// <summary>Makes the file.</summary>
    public byte[] Encode()
    {
        // Vocabularies and pairs are many: they are written one by one, all else is small.
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, _plain))
        {
            writer.WriteStartObject();
            writer.WriteString("version", "1.0");
            writer.WriteNull("truncation");
            writer.WriteNull("padding");
            WriteAddedTokens(writer);
            Write(writer, "normalizer", Normalizer);
            Write(writer, "pre_tokenizer", PreTokenizer);
            Write(writer, "post_processor", PostProcessor);
            Write(writer, "decoder", Decoder);
            WriteModel(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, JsonNode? value)
    {
        writer.WritePropertyName(name);
        if (value is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private static bool IsAdded(Piece piece) =>
        piece.Kind is SentencePieceKind.Control or SentencePieceKind.UserDefined or SentencePieceKind.Unknown;

    private void WriteAddedTokens(Utf8JsonWriter writer)
    {
        writer.WriteStartArray("added_tokens");
        for (int id = 0; id < Pieces.Count; id++)
        {
            if (IsAdded(Pieces[id]))
            {
                writer.WriteStartObject();
                writer.WriteNumber("id", id);
                writer.WriteString("content", Pieces[id].ToString());
                writer.WriteBoolean("single_word", false);
                writer.WriteBoolean("lstrip", false);
                writer.WriteBoolean("rstrip", TakesSpace(Pieces[id]));
                writer.WriteBoolean("normalized", false);
                writer.WriteBoolean("special", Pieces[id].Kind != SentencePieceKind.UserDefined);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }

    private void WriteModel(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("model");
        writer.WriteString("type", "BPE");
        writer.WriteNull("dropout");
        writer.WriteString("unk_token", Unknown);
        writer.WriteNull("continuing_subword_prefix");
        writer.WriteNull("end_of_word_suffix");
        writer.WriteBoolean("fuse_unk", Unknown is not null);
        writer.WriteBoolean("byte_fallback", FallsBackToBytes);
        writer.WriteBoolean("ignore_merges", IgnoresMerges);
        WriteVocabulary(writer);
        writer.WriteStartArray("merges");
        foreach ((string left, string right) in Merges)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(left);
            writer.WriteStringValue(right);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // Added tokens that are not in the vocabulary get the ids that follow it, whatever id they state.
    // So just those can be left out that do follow.
    private void WriteVocabulary(Utf8JsonWriter writer)
    {
        int count = Pieces.Count;
        while (count > 0 && (IsAdded(Pieces[count - 1]) || Pieces[count - 1].Kind == SentencePieceKind.Unused))
        {
            count--;
        }

        int firstGap = Pieces.TakeWhile(piece => piece.Kind != SentencePieceKind.Unused).Count();
        writer.WriteStartObject("vocab");
        for (int id = 0; id < Pieces.Count; id++)
        {
            if (Pieces[id].Kind != SentencePieceKind.Unused && (id < count || id > firstGap))
            {
                writer.WriteNumber(Pieces[id].ToString(), id);
            }
        }

        writer.WriteEndObject();
    }
}
