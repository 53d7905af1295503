using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>Tokenizers, from GGUF's metadata to the files of Hugging Face and back.</summary>
internal static class TokenizerMap
{
    /// <summary>What keys of a tokenizer begin with.</summary>
    public const string Prefix = MetadataCompanion.TokenizerPrefix + "ggml.";

    /// <summary>The file that is there whenever a tokenizer is.</summary>
    public const string ConfigFile = "tokenizer_config.json";

    // As the classes of special tokens are called, in the order of GGUF.
    private static readonly (string Gguf, string Hub)[] _special = [("bos", "bos_token"), ("eos", "eos_token"), ("unknown", "unk_token"),
        ("padding", "pad_token")];

    private static readonly JsonSerializerOptions _indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Makes a tokenizer's files; none for one of an unknown kind.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <exception cref="CheckpointException">A value has another type than it must have.</exception>
    public static IReadOnlyList<CompanionFile> ToCompanions(Metadata metadata)
    {
        IEnumerable<CompanionFile> files = metadata.Find(Prefix + "model")?.Text switch
        {
            SentencePieceTokenizer.Kind => SentencePieceTokenizer.ToCompanions(metadata),
            BytePairTokenizer.Kind => BytePairTokenizer.ToCompanions(metadata),
            _ => [],
        };
        return files.ToArray() is { Length: > 0 } made
            ? [.. made, CompanionFile.FromBytes(ConfigFile, JsonSerializer.SerializeToUtf8Bytes(ConfigOf(metadata), _indented))]
            : [];
    }

    /// <summary>A file that is made when it is first read: a vocabulary takes megabytes, and merges within GGUF never ask for it.</summary>
    public static CompanionFile WhenAsked(string name, Func<byte[]> make)
    {
        Lazy<byte[]> content = new(make);
        return new CompanionFile(name, () => new MemoryStream(content.Value, writable: false));
    }

    /// <summary>The metadata of a tokenizer.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="companions">The model's files.</param>
    /// <param name="rows">How many rows the embedding has; tokens that are missing are filled up.</param>
    /// <exception cref="CheckpointException">There is no tokenizer that GGUF can hold.</exception>
    public static IEnumerable<MetadataEntry> ToMetadata(string path, IReadOnlyList<CompanionFile> companions, int rows)
    {
        JsonObject? config = Json(companions, ConfigFile);
        JsonObject? tokenizer = Json(companions, TokenizerJson.File);
        CompanionFile? model = companions.FirstOrDefault(companion => companion.Name == SentencePieceTokenizer.File);
        TokenizerContent content = model is not null
            ? SentencePieceTokenizer.Read(path, model, tokenizer, rows, Json(companions, "added_tokens.json"), config)
            : tokenizer is null ? throw new CheckpointException(new Problem(
                ErrorCodes.BadConfig, $"{path}: there is neither '{SentencePieceTokenizer.File}' nor '{TokenizerJson.File}'",
                "Put the model's tokenizer beside its weights, name another model's by `tokenizer_source:` in a recipe, or store the model "
                    + "as safetensors."))
            : SentencePieceJson.Is(tokenizer) ? SentencePieceTokenizer.Read(path, tokenizer, rows, config)
            : BytePairTokenizer.Read(path, tokenizer, rows, config);
        return [.. content.Entries, .. Special(content, config, Json(companions, "config.json")),
            .. ChatTemplateMap.ToMetadata(companions, config)];
    }

    /// <summary>The tokens of a file, or <see langword="null"/> if their number is unlike that of their kinds.</summary>
    public static IReadOnlyList<Piece>? Pieces(Metadata metadata)
    {
        IReadOnlyList<byte[]>? tokens = metadata.Find(Prefix + "tokens")?.Strings();
        IReadOnlyList<double>? scores = metadata.Find(Prefix + "scores")?.Reals();
        IReadOnlyList<double>? kinds = metadata.Find(Prefix + "token_type")?.Reals();
        return tokens is not null && kinds?.Count == tokens.Count && (scores is null || scores.Count == tokens.Count)
            ? [.. tokens.Select((text, id) => new Piece(text, (float)(scores?[id] ?? 0), (SentencePieceKind)(int)kinds[id]))]
            : null;
    }

    /// <summary>The id that a key names, or -1 if there is no such token.</summary>
    public static int IdOf(Metadata metadata, string name, int count) =>
        (int)(metadata.Find($"{Prefix}{name}_token_id")?.Whole is { } id && id < count ? id : -1);

    /// <summary>A truth value, or <see langword="null"/> if it is something else.</summary>
    public static bool? IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool truth) ? truth : null;

    private static JsonObject ConfigOf(Metadata metadata)
    {
        IReadOnlyList<byte[]> tokens = metadata.Find(Prefix + "tokens")!.Strings()!;
        // Of its classes this one alone takes tokenizer.json as it is.
        JsonObject config = new() { ["tokenizer_class"] = "PreTrainedTokenizerFast" };
        foreach ((string gguf, string hub) in _special)
        {
            if (IdOf(metadata, gguf, tokens.Count) is >= 0 and int id)
            {
                config[hub] = Encoding.UTF8.GetString(tokens[id]);
            }
        }

        if (metadata.Find(Prefix + "model")?.Text == SentencePieceTokenizer.Kind)
        {
            config["clean_up_tokenization_spaces"] = false;
            config["add_bos_token"] = metadata.Find(Prefix + "add_bos_token")?.Truth ?? true;
            config["add_eos_token"] = metadata.Find(Prefix + "add_eos_token")?.Truth ?? false;
        }

        if (ChatTemplateMap.ToConfig(metadata) is { } template)
        {
            config["chat_template"] = template;
        }

        return config;
    }

    private static IEnumerable<MetadataEntry> Special(TokenizerContent content, JsonObject? config, JsonObject? model)
    {
        foreach ((string gguf, string hub) in _special)
        {
            if (IdOf(content.Pieces, config?[hub], model?[hub + "_id"]) is { } id)
            {
                yield return MetadataEntry.Of($"{Prefix}{gguf}_token_id", (uint)id);
            }
        }

        yield return MetadataEntry.Of(Prefix + "add_bos_token",
            content.AddsBos ?? IsTrue(config?["add_bos_token"]) ?? content.AddsBosByDefault);
        yield return MetadataEntry.Of(Prefix + "add_eos_token", content.AddsEos ?? IsTrue(config?["add_eos_token"]) ?? false);
    }

    private static int? IdOf(IReadOnlyList<Piece> pieces, JsonNode? token, JsonNode? id)
    {
        byte[]? text = (token is JsonObject added ? added["content"]?.ToString() : token?.ToString()) is { } name
            ? Encoding.UTF8.GetBytes(name)
            : null;
        for (int index = 0; text is not null && index < pieces.Count; index++)
        {
            if (pieces[index].Text.AsSpan().SequenceEqual(text))
            {
                return index;
            }
        }

        return id.AsInt() is >= 0 and { } number && number < pieces.Count ? number : null;
    }

    private static JsonObject? Json(IReadOnlyList<CompanionFile> companions, string name) =>
        companions.FirstOrDefault(companion => companion.Name == name)?.ReadJson();
}

/// <summary>What a tokenizer's files say.</summary>
/// <param name="Pieces">All tokens, by id.</param>
/// <param name="Entries">The metadata that are of its kind only.</param>
/// <param name="AddsBosByDefault">Whether text begins with a token of its own if nothing says.</param>
internal sealed record TokenizerContent(IReadOnlyList<Piece> Pieces, IReadOnlyList<MetadataEntry> Entries, bool AddsBosByDefault)
{
    /// <summary>Whether text begins with a token of its own, if the file says.</summary>
    public bool? AddsBos { get; init; }

    /// <summary>Whether text ends with a token of its own, if the file says.</summary>
    public bool? AddsEos { get; init; }
}
