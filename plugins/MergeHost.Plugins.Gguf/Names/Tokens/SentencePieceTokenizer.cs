using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Gguf.Names.Tokens;

/// <summary>SentencePiece tokenizers: <c>tokenizer.model</c>, what was added to it later, and
/// <c>tokenizer.json</c>, which transformers reads.</summary>
internal static class SentencePieceTokenizer
{
    /// <summary>GGUF's name of the kind.</summary>
    public const string Kind = "llama";

    /// <summary>The file.</summary>
    public const string File = "tokenizer.model";

    /// <summary>What SentencePiece writes a space as.</summary>
    public const char Space = '\u2581';

    private const float MissingScore = -10_000;
    private const float AddedScore = -1000;

    // Tokens that are marks, though files of some models say that they are text.
    private static readonly string[] _marks = ["<pad>", "<mask>", "<2mass>", "[@BOS@]"];

    /// <summary>Makes the files, if the metadata have all that it takes.</summary>
    public static IEnumerable<CompanionFile> ToCompanions(Metadata metadata)
    {
        if (metadata.Find(TokenizerMap.Prefix + "scores") is null || TokenizerMap.Pieces(metadata) is not { } stored)
        {
            yield break;
        }

        bool addsSpace = metadata.Find(TokenizerMap.Prefix + "add_space_prefix")?.Truth ?? true;
        int Id(string name) => TokenizerMap.IdOf(metadata, name, stored.Count);
        IReadOnlyList<Piece> pieces = WithOneUnknown(stored, Id("unknown"));
        if (WithAllBytes(pieces) is { } complete)
        {
            yield return TokenizerMap.WhenAsked(File,
                () => SentencePieceModel.Write([.. complete.Select(piece => AsInModel(piece).ToSentencePiece())], addsSpace, Id("unknown"),
                    Id("bos"), Id("eos"), Id("padding")));
        }

        yield return TokenizerMap.WhenAsked(
            TokenizerJson.File,
            () => SentencePieceJson.Write(pieces, addsSpace, TokenizerJson.Ends(metadata, pieces, addsBosByDefault: true),
                TakesSpace(metadata)));
    }

    /// <summary>Reads the file, with what was added later; where <c>tokenizer.json</c> beside it contradicts
    /// it, that counts, as in transformers.</summary>
    /// <exception cref="CheckpointException">A file cannot be read.</exception>
    public static TokenizerContent Read(string path, CompanionFile model, JsonObject? tokenizer, int rows, JsonObject? added,
        JsonObject? config)
    {
        SentencePieceModel stored = SentencePieceModel.Read(model.ReadBytes(), File);
        List<Piece> pieces = [.. stored.Pieces.Take(rows).Select(piece => AsInText(Piece.Of(piece)))];
        for (int id = pieces.Count; id < rows; id++)
        {
            pieces.Add(Missing(id));
        }

        Dictionary<int, Piece> later = tokenizer is null ? [] : AddedIn(tokenizer);
        if (tokenizer is not null && SentencePieceJson.Is(tokenizer) && !Agree(pieces, tokenizer, later))
        {
            return Read(path, tokenizer, rows, config);
        }

        foreach ((int id, Piece token) in later.Where(token => token.Key < pieces.Count))
        {
            bool isKnown = pieces[id].Text.AsSpan().SequenceEqual(token.Text)
                && pieces[id].Kind is not (SentencePieceKind.Normal or SentencePieceKind.Unused);
            pieces[id] = isKnown ? pieces[id] : token;
        }

        AddTokens(pieces, added, config);
        return Content(pieces, stored.AddsPrefix, config);
    }

    /// <summary>Reads <c>tokenizer.json</c>, where it is all that there is.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="tokenizer">The file.</param>
    /// <param name="rows">How many rows the embedding has.</param>
    /// <param name="config"><c>tokenizer_config.json</c>.</param>
    /// <exception cref="CheckpointException">A token has no row, or more is done with text than GGUF has a place for.</exception>
    public static TokenizerContent Read(string path, JsonObject tokenizer, int rows, JsonObject? config)
    {
        (IReadOnlyList<Piece> pieces, bool addsSpace) = SentencePieceJson.Read(path, tokenizer, rows);
        return TokenizerJson.WithEnds(Content(pieces, addsSpace, config), tokenizer);
    }

    /// <summary>What stands for a token that is not there.</summary>
    public static Piece Missing(int id) =>
        new(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]")), MissingScore, SentencePieceKind.Unused);

    /// <summary>A token that was added after training.</summary>
    public static Piece Added(string text, bool isSpecial)
    {
        bool isMark = isSpecial || _marks.Contains(text)
            || text.StartsWith("<|", StringComparison.Ordinal) && text.EndsWith("|>", StringComparison.Ordinal)
            || text.StartsWith("<｜", StringComparison.Ordinal) && text.EndsWith("｜>", StringComparison.Ordinal)
            || text.StartsWith("<unused", StringComparison.Ordinal) && text.EndsWith('>');
        return AsInText(new Piece(Encoding.UTF8.GetBytes(text), AddedScore,
            isMark ? SentencePieceKind.Control : SentencePieceKind.UserDefined));
    }

    /// <summary>A piece with spaces as it is looked for: what users define is looked for in text as
    /// it is, but by SentencePiece itself.</summary>
    public static Piece AsInText(Piece piece) => WithSpaces(piece, Space, ' ');

    private static Piece AsInModel(Piece piece) => WithSpaces(piece, ' ', Space);

    private static Piece WithSpaces(Piece piece, char from, char to) => piece.Kind == SentencePieceKind.UserDefined
        ? piece with { Text = Encoding.UTF8.GetBytes(piece.ToString().Replace(from, to)) }
        : piece;

    // SentencePiece takes one unknown token; files of GGUF call fillers so too, and the unknown token a mark.
    private static IReadOnlyList<Piece> WithOneUnknown(IReadOnlyList<Piece> pieces, int unknown) =>
    [
        .. pieces.Select((piece, id) => id == unknown ? piece with { Kind = SentencePieceKind.Unknown }
            : unknown >= 0 && piece.Kind == SentencePieceKind.Unknown ? piece with { Kind = SentencePieceKind.Unused } : piece),
    ];

    // GGUF has no place for it; llama.cpp knows it of Phi 3, by the model's name.
    private static Predicate<Piece> TakesSpace(Metadata metadata)
    {
        string name = metadata.Find("general.name")?.Text ?? "";
        return name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) || name.Contains("phi3", StringComparison.OrdinalIgnoreCase)
            ? static piece => piece.ToString() is not ("<unk>" or "<s>" or "<|endoftext|>")
            : static _ => false;
    }

    // SentencePiece takes all bytes or none. Gemma's tokenizer.json has the tab itself in the place of its
    // byte; without the former, the latter has its id.
    private static IReadOnlyList<Piece>? WithAllBytes(IReadOnlyList<Piece> pieces)
    {
        HashSet<string> missing = [.. Enumerable.Range(0, 256).Select(value => Piece.OfByte((byte)value).ToString())];
        missing.ExceptWith(pieces.Where(piece => piece.Kind == SentencePieceKind.Byte).Select(piece => piece.ToString()));
        if (missing.Count is 0 or 256)
        {
            return pieces;
        }

        Piece[] complete = [.. pieces.Select(piece =>
            piece is { Kind: SentencePieceKind.Normal, Text: [< 0x80 and byte value] } && missing.Remove(Piece.OfByte(value).ToString())
                ? Piece.OfByte(value)
                : piece)];
        return missing.Count == 0 ? complete : null;
    }

    private static TokenizerContent Content(IReadOnlyList<Piece> pieces, bool addsSpace, JsonObject? config) =>
        new(pieces, [.. Entries(pieces, addsSpace, config)], AddsBosByDefault: true);

    private static IEnumerable<MetadataEntry> Entries(IReadOnlyList<Piece> pieces, bool addsSpace, JsonObject? config)
    {
        yield return MetadataEntry.Of(TokenizerMap.Prefix + "model", Kind);
        yield return MetadataEntry.Of(TokenizerMap.Prefix + "pre", "default");
        yield return MetadataEntry.OfStrings(TokenizerMap.Prefix + "tokens", [.. pieces.Select(piece => piece.Text)]);
        yield return MetadataEntry.OfArray(
            TokenizerMap.Prefix + "scores", MetadataType.Float32, pieces.Count,
            [.. pieces.SelectMany(piece => BitConverter.GetBytes(piece.Score))]);
        yield return MetadataEntry.OfArray(
            TokenizerMap.Prefix + "token_type", MetadataType.Int32, pieces.Count,
            [.. pieces.SelectMany(piece => BitConverter.GetBytes((int)piece.Kind))]);
        if ((TokenizerMap.IsTrue(config?["add_prefix_space"]) ?? (addsSpace ? null : false)) is { } isStated)
        {
            yield return MetadataEntry.Of(TokenizerMap.Prefix + "add_space_prefix", isStated);
        }
    }

    private static Dictionary<int, Piece> AddedIn(JsonObject tokenizer)
    {
        Dictionary<int, Piece> tokens = [];
        foreach (JsonNode? token in tokenizer["added_tokens"].Items())
        {
            if (token.Find("id").AsInt() is >= 0 and int id && token.Find("content").AsText() is { } text)
            {
                tokens[id] = Added(text, token.Find("special").AsTruth() == true);
            }
        }

        return tokens;
    }

    // Whether pieces that were not added later are the same by their ids.
    private static bool Agree(List<Piece> pieces, JsonObject tokenizer, Dictionary<int, Piece> later) =>
        (tokenizer["model"].Find("vocab") as JsonObject ?? [])
            .All(entry => entry.Value.AsInt() is not { } id || id < 0 || id >= pieces.Count || later.ContainsKey(id)
                || pieces[id].Kind is SentencePieceKind.Unused or SentencePieceKind.UserDefined or SentencePieceKind.Byte
                || pieces[id].ToString() == entry.Key);

    private static void AddTokens(List<Piece> pieces, JsonObject? added, JsonObject? config)
    {
        foreach ((string text, JsonNode? id) in added ?? [])
        {
            Add(pieces, id?.ToString(), new Piece(Encoding.UTF8.GetBytes(text), AddedScore, SentencePieceKind.UserDefined));
        }

        foreach ((string id, JsonNode? token) in config?["added_tokens_decoder"] as JsonObject ?? [])
        {
            Add(pieces, id, Added(token.Find("content").AsText() ?? "", TokenizerMap.IsTrue(token.Find("special")) == true));
        }
    }

    private static void Add(List<Piece> pieces, string? id, Piece piece)
    {
        if (int.TryParse(id, CultureInfo.InvariantCulture, out int index) && index >= 0 && index < pieces.Count)
        {
            pieces[index] = piece;
        }
    }
}
