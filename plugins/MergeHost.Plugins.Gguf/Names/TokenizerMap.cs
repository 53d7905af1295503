using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>SentencePiece tokenizers, from GGUF's metadata to <c>tokenizer.model</c> and back.</summary>
internal static class TokenizerMap
{
    private const string Prefix = MetadataCompanion.TokenizerPrefix + "ggml.";
    private const string SentencePiece = "llama";
    private const string ModelFile = "tokenizer.model";
    private const string ConfigFile = "tokenizer_config.json";
    private const float MissingScore = -10_000;
    private const float AddedScore = -1000;

    // As the classes of special tokens are called, in the order of GGUF.
    private static readonly (string Gguf, string Hub)[] _special = [("bos", "bos_token"), ("eos", "eos_token"), ("unknown", "unk_token"), ("padding", "pad_token")];

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Makes a tokenizer's files; none for one that is not SentencePiece's.</summary>
    public static IEnumerable<CompanionFile> ToCompanions(Metadata metadata)
    {
        if (metadata.Find(Prefix + "model") is not { Type: MetadataType.String, Text: SentencePiece } || Pieces(metadata) is not { } pieces)
        {
            yield break;
        }

        bool addsSpace = metadata.Find(Prefix + "add_space_prefix")?.Truth ?? true;
        int Id(string name) => (int)(metadata.Find($"{Prefix}{name}_token_id")?.Whole is { } id && id < pieces.Count ? id : -1);
        byte[] model = SentencePieceModel.Write(pieces, addsSpace, Id("unknown"), Id("bos"), Id("eos"), Id("padding"));
        yield return CompanionFile.FromBytes(ModelFile, model);
        JsonObject config = new() { ["tokenizer_class"] = "LlamaTokenizer" };
        foreach ((string gguf, string hub) in _special.Where(token => Id(token.Gguf) >= 0))
        {
            config[hub] = Encoding.UTF8.GetString(pieces[Id(gguf)].Text);
        }

        foreach (string name in (string[])["add_bos_token", "add_eos_token"])
        {
            config[name] = metadata.Find(Prefix + name)?.Truth ?? (name == "add_bos_token");
        }

        if (metadata.Find(MetadataCompanion.TokenizerPrefix + "chat_template")?.Text is { } template)
        {
            config["chat_template"] = template;
        }

        yield return CompanionFile.FromBytes(ConfigFile, JsonSerializer.SerializeToUtf8Bytes(config, _indented));
    }

    /// <summary>The metadata of a tokenizer.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="companions">The model's files.</param>
    /// <param name="rows">How many rows the embedding has; tokens that are missing are filled up.</param>
    /// <exception cref="CheckpointException">There is no <c>tokenizer.model</c>, or it cannot be read.</exception>
    public static IEnumerable<MetadataEntry> ToMetadata(string path, IReadOnlyList<CompanionFile> companions, int rows)
    {
        CompanionFile model = companions.FirstOrDefault(companion => companion.Name == ModelFile) ?? throw new CheckpointException(new Problem(
            ErrorCodes.BadConfig, $"{path}: there is no '{ModelFile}', and other tokenizers cannot be written to GGUF yet",
            "Name a GGUF file's tokenizer with `tokenizer_source:`, or store the model as safetensors."));
        (IReadOnlyList<Piece> stored, bool addsSpace) = SentencePieceModel.Read(ModelFile, model.ReadBytes());
        List<Piece> pieces = [.. stored.Take(rows)];
        for (int id = pieces.Count; id < rows; id++)
        {
            pieces.Add(new Piece(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]")), MissingScore, PieceKind.Unused));
        }

        JsonObject? config = Json(companions, ConfigFile);
        AddTokens(pieces, Json(companions, "added_tokens.json"), config);
        return Entries(pieces, addsSpace, config, Json(companions, "config.json"), companions);
    }

    private static IEnumerable<MetadataEntry> Entries(List<Piece> pieces, bool addsSpace, JsonObject? config, JsonObject? model, IReadOnlyList<CompanionFile> companions)
    {
        yield return MetadataEntry.Of(Prefix + "model", SentencePiece);
        yield return MetadataEntry.Of(Prefix + "pre", "default");
        yield return MetadataEntry.OfStrings(Prefix + "tokens", [.. pieces.Select(piece => piece.Text)]);
        yield return MetadataEntry.OfArray(
            Prefix + "scores", MetadataType.Float32, pieces.Count, [.. pieces.SelectMany(piece => BitConverter.GetBytes(piece.Score))]);
        yield return MetadataEntry.OfArray(
            Prefix + "token_type", MetadataType.Int32, pieces.Count, [.. pieces.SelectMany(piece => BitConverter.GetBytes((int)piece.Kind))]);
        foreach ((string gguf, string hub) in _special)
        {
            if (IdOf(pieces, config?[hub], model?[hub + "_id"]) is { } id)
            {
                yield return MetadataEntry.Of($"{Prefix}{gguf}_token_id", (uint)id);
            }
        }

        yield return MetadataEntry.Of(Prefix + "add_bos_token", IsTrue(config?["add_bos_token"]) ?? true);
        yield return MetadataEntry.Of(Prefix + "add_eos_token", IsTrue(config?["add_eos_token"]) ?? false);
        if ((IsTrue(config?["add_prefix_space"]) ?? (addsSpace ? null : false)) is { } isStated)
        {
            yield return MetadataEntry.Of(Prefix + "add_space_prefix", isStated);
        }

        string? template = companions.FirstOrDefault(companion => companion.Name == "chat_template.jinja") is { } file
            ? Encoding.UTF8.GetString(file.ReadBytes())
            : (config?["chat_template"] as JsonValue)?.ToString();
        if (template is not null)
        {
            yield return MetadataEntry.Of(MetadataCompanion.TokenizerPrefix + "chat_template", template);
        }
    }

    private static List<Piece>? Pieces(Metadata metadata)
    {
        IReadOnlyList<byte[]>? tokens = metadata.Find(Prefix + "tokens")?.Strings();
        IReadOnlyList<double>? scores = metadata.Find(Prefix + "scores")?.Reals();
        IReadOnlyList<double>? kinds = metadata.Find(Prefix + "token_type")?.Reals();
        return tokens is not null && scores?.Count == tokens.Count && kinds?.Count == tokens.Count
            ? [.. tokens.Select((text, id) => new Piece(text, (float)scores[id], (PieceKind)(int)kinds[id]))]
            : null;
    }

    // What was added to a tokenizer after it was trained stands in files of its own.
    private static void AddTokens(List<Piece> pieces, JsonObject? added, JsonObject? config)
    {
        foreach ((string text, JsonNode? id) in added ?? [])
        {
            Add(pieces, id?.ToString(), text, PieceKind.UserDefined);
        }

        foreach ((string id, JsonNode? token) in config?["added_tokens_decoder"] as JsonObject ?? [])
        {
            string text = token?["content"]?.ToString() ?? "";
            bool isSpecial = IsTrue(token?["special"]) == true;
            Add(pieces, id, isSpecial ? text : text.Replace('\u2581', ' '), isSpecial ? PieceKind.Control : PieceKind.UserDefined);
        }
    }

    private static void Add(List<Piece> pieces, string? id, string text, PieceKind kind)
    {
        if (int.TryParse(id, CultureInfo.InvariantCulture, out int index) && index >= 0 && index < pieces.Count)
        {
            pieces[index] = new Piece(Encoding.UTF8.GetBytes(text), AddedScore, kind);
        }
    }

    private static int? IdOf(List<Piece> pieces, JsonNode? token, JsonNode? id)
    {
        string? text = token is JsonObject added ? added["content"]?.ToString() : token?.ToString();
        int index = text is null ? -1 : pieces.FindIndex(piece => Encoding.UTF8.GetString(piece.Text) == text);
        return index >= 0 ? index : id is JsonValue value && value.TryGetValue(out int number) && number >= 0 && number < pieces.Count ? number : null;
    }

    private static bool? IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool truth) ? truth : null;

    private static JsonObject? Json(IReadOnlyList<CompanionFile> companions, string name) =>
        companions.FirstOrDefault(companion => companion.Name == name)?.ReadJson();
}
