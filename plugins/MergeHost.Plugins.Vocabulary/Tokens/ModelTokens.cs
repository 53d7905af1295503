using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Tokenizers;

namespace MergeHost.Plugins.Vocabulary.Tokens;

/// <summary>The tokens of a model, as its files list them.</summary>
internal sealed class ModelTokens
{
    /// <summary>The <see cref="Kind"/> of BERT's tokenizers.</summary>
    public const string WordPiece = "WordPiece";

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _bySpelling = new(StringComparer.Ordinal);

    // A vocabulary takes megabytes: it is parsed once.
    private JsonObject? _json;

    private ModelTokens(string name, IReadOnlyList<CompanionFile> companions, IReadOnlyList<TokenPiece> pieces,
        IReadOnlyList<StoredToken> added)
    {
        Name = name;
        Companions = companions;
        Pieces = pieces;
        Added = added;
        foreach ((string text,
            int id) in pieces.Select(piece => (piece.Text, piece.Id)).Concat(added.Select(token => (token.Content, token.Id))))
        {
            _ids[text] = id;
        }

        foreach ((string text, int id) in _ids)
        {
            _bySpelling.TryAdd(Spelling(text), id);
        }
    }

    /// <summary>The model.</summary>
    public string Name { get; }

    /// <summary>All of the model's files beside its weights.</summary>
    public IReadOnlyList<CompanionFile> Companions { get; }

    /// <summary>The pieces of the tokenizer's model, by id.</summary>
    public IReadOnlyList<TokenPiece> Pieces { get; }

    /// <summary>The tokens that are found before text is cut, by id.</summary>
    public IReadOnlyList<StoredToken> Added { get; }

    /// <summary>All tokens with their ids.</summary>
    public IReadOnlyDictionary<string, int> Ids => _ids;

    /// <summary>Whether some added tokens are not in <c>tokenizer.json</c>, but beside it.</summary>
    public bool HasTokensBeside { get; private init; }

    /// <summary>What the model's tokenizer is: its type and the alphabet that its pieces are spelled in.</summary>
    public string Kind { get; private init; } = "";

    /// <summary>The tokenizer as <c>tokenizer.json</c> has it, read or made anew, for the caller to change; <see langword="null"/>
    /// where its files do not tell enough.</summary>
    public JsonObject? TakeJson()
    {
        JsonObject? json = _json ?? TokenizerFiles.AsJson(Companions);
        _json = null;
        return json?["model"] is JsonObject ? json : null;
    }

    /// <summary>The pairs that are merged, in order; none for other kinds than BPE.</summary>
    public IEnumerable<(string Left, string Right)> Merges() =>
        (_json ?? TokenizerFiles.AsJson(Companions))?["model"].Find("merges").Items().Select(Pair).OfType<(string, string)>() ?? [];

    /// <summary>The tokenizer that the files make.</summary>
    /// <exception cref="MergeHostException">It is of no kind that is read to the letter.</exception>
    public TextTokenizer ReadTokenizer() => _json is null ? TokenizerReader.Read(Companions) : TokenizerReader.Read(Companions, _json);

    /// <summary>A pair as <c>tokenizer.json</c> has it; older files write one text with a space between.</summary>
    public static (string Left, string Right)? Pair(JsonNode? merge) =>
        merge.At(0).AsText() is { } left && merge.At(1).AsText() is { } right ? (left, right)
        : merge.AsText() is { } text && text.IndexOf(' ', Math.Min(1, text.Length)) is > 0 and int space
            ? (text[..space], text[(space + 1)..])
        : null;

    /// <summary>The id of a token, by its text, or by what it stands for where the model spells it in
    /// another way; -1 if the model lacks it.</summary>
    public int IdOf(string token) => _ids.TryGetValue(token, out int id) || _bySpelling.TryGetValue(Spelling(token), out id) ? id : -1;

    /// <summary>Reads a model's tokens.</summary>
    /// <param name="name">The model, for messages.</param>
    /// <param name="companions">Its files.</param>
    /// <param name="warn">Told where two files contradict each other.</param>
    /// <returns><see langword="null"/> if no file lists tokens.</returns>
    /// <exception cref="CheckpointException">A file is broken.</exception>
    public static ModelTokens? Read(string name, IReadOnlyList<CompanionFile> companions, Action<Problem> warn)
    {
        JsonObject? json = ReadJson(name, companions, TokenizerFiles.Json);
        TokenPiece[] pieces = json is null ? [] : PiecesOf(json["model"].Find("vocab"));
        SentencePieceModel? model = Find(companions, TokenizerFiles.SentencePiece) is { } stored
            ? SentencePieceModel.Read(stored.ReadBytes(), $"'{name}': {TokenizerFiles.SentencePiece}")
            : null;
        if (json is not null && pieces.Length > 0)
        {
            WarnOfContradiction(name, json, pieces, model, warn);
        }
        else
        {
            pieces = PiecesBeside(name, companions, model);
        }

        if (pieces.Length == 0)
        {
            return null;
        }

        HashSet<string> texts = [.. pieces.Select(piece => piece.Text)];
        bool isModel = json is null && !companions.Any(file => file.Name is "vocab.json" or "vocab.txt");
        JsonObject? said = isModel ? null : json ?? TokenizerFiles.AsJson(companions);
        List<StoredToken> added = [.. StoredToken.OfTokenizer(said), .. ControlsOf(isModel ? model : null)];
        HashSet<string> listed = [.. added.Select(token => token.Content)];
        StoredToken[] beside = [.. StoredToken.Beside(ReadJson(name, companions, "tokenizer_config.json"),
            ReadJson(name, companions, "added_tokens.json"))
            .Where(token => !listed.Contains(token.Content) && !texts.Contains(token.Content))];
        return new ModelTokens(name, companions, pieces, [.. added.Concat(beside).OrderBy(token => token.Id)])
        {
            _json = said,
            HasTokensBeside = beside.Length > 0,
            Kind = isModel ? model!.IsBpe ? "BPE of SentencePiece" : "Unigram" : KindOf(said),
        };
    }

    /// <summary>The tokens of another model, for one that has no tokenizer of its own.</summary>
    public ModelTokens For(string name) => new(name, [], Pieces, Added) { Kind = Kind };

    /// <summary>Tokens that are known by their number alone, where no model has a tokenizer.</summary>
    public static ModelTokens Numbered(string name, long rows) =>
        new(name, [],
            [.. Enumerable.Range(0, checked((int)rows))
                .Select(id => new TokenPiece(string.Create(CultureInfo.InvariantCulture, $"row {id}"), id))], []);

    /// <summary>A file beside the weights, as a JSON object; <see langword="null"/> if it is not there.</summary>
    /// <exception cref="CheckpointException">It is no JSON object.</exception>
    public static JsonObject? ReadJson(string model, IReadOnlyList<CompanionFile> companions, string file)
    {
        try
        {
            return Find(companions, file)?.ReadJson();
        }
        catch (CheckpointException exception)
        {
            throw new CheckpointException(exception.Problems[0] with { Message = $"'{model}': {exception.Problems[0].Message}" },
                exception);
        }
    }

    private static CompanionFile? Find(IReadOnlyList<CompanionFile> companions, string file) =>
        companions.FirstOrDefault(companion => companion.Name == file);

    private static TokenPiece[] PiecesOf(JsonNode? vocabulary) => vocabulary switch
    {
        JsonArray places => [.. places.Select((place, id) => new TokenPiece(place.At(0).AsText() ?? "", id, place.At(1).AsNumber() ?? 0))],
        JsonObject ids =>
            [.. ids.Where(entry => entry.Value.AsInt() is >= 0).Select(entry => new TokenPiece(entry.Key, entry.Value.AsInt()!.Value))
                .OrderBy(piece => piece.Id)],
        _ => [],
    };

    private static TokenPiece[] PiecesBeside(string name, IReadOnlyList<CompanionFile> companions, SentencePieceModel? model)
    {
        if (ReadJson(name, companions, "vocab.json") is { } list)
        {
            return PiecesOf(list);
        }

        if (Find(companions, "vocab.txt") is { } lines)
        {
            return [.. Encoding.UTF8.GetString(lines.ReadBytes()).TrimEnd('\n').Split('\n')
                .Select((line, id) => new TokenPiece(line.TrimEnd('\r'), id))];
        }

        return model is null ? [] : [.. model.Pieces.Select((piece, id) => new TokenPiece(piece.Text, id, piece.Score))];
    }

    private static IEnumerable<StoredToken> ControlsOf(SentencePieceModel? model) => model is null ? [] : model.Pieces.Index()
        .Where(piece => piece.Item.Kind is SentencePieceKind.Control or SentencePieceKind.Unknown or SentencePieceKind.UserDefined)
        .Select(piece => new StoredToken(piece.Item.Text, piece.Index)
        {
            Normalized = false,
            Special = piece.Item.Kind != SentencePieceKind.UserDefined
        });

    // Unigram's ids may be others than those of tokenizer.model: XLM-R shifts them.
    private static void WarnOfContradiction(string name, JsonObject json, IReadOnlyList<TokenPiece> pieces, SentencePieceModel? model,
        Action<Problem> warn)
    {
        if (model is null || json["model"].Find("vocab") is JsonArray)
        {
            return;
        }

        Dictionary<int, string> byId = [];
        foreach (TokenPiece piece in pieces)
        {
            byId[piece.Id] = piece.Text;
        }

        (int Id, string Here, string There)[] unlike =
        [
            .. model.Pieces.Index()
                .Where(piece => byId.TryGetValue(piece.Index, out string? text) && Spelling(text) != Spelling(piece.Item.Text))
                    .Select(piece => (piece.Index, byId[piece.Index], piece.Item.Text)),
        ];
        if (unlike.Length > 0)
        {
            (int id, string here, string there) = unlike[0];
            warn(new Problem(ErrorCodes.CheckpointOddity,
                $"'{name}': id {id} is '{CheckpointException.Printable(here)}' in {TokenizerFiles.Json} and "
                + $"'{CheckpointException.Printable(there)}' in {TokenizerFiles.SentencePiece}"
                + $"{(unlike.Length > 1 ? $", and {unlike.Length - 1} more differ" : "")}; {TokenizerFiles.Json} counts",
                $"Remove '{TokenizerFiles.SentencePiece}' from the model's folder."));
        }
    }

    // Byte-level BPE writes a letter for each byte, SentencePiece ▁ for a space: their pieces have no alphabet in common.
    private static string KindOf(JsonObject? json)
    {
        if (json is null)
        {
            return "";
        }

        string type = json["model"].Find("type").AsText() ?? "";
        IEnumerable<string?> steps = TokenizerSteps.Of(json["normalizer"]).Concat(TokenizerSteps.Of(json["pre_tokenizer"]))
            .Select(step => step.Find("type").AsText());
        return type != "BPE" ? type : steps.Contains("ByteLevel") ? "byte-level BPE" : "BPE of SentencePiece";
    }

    // SentencePiece's tokens spell a space as ▁ and a byte as <0x09>; where files differ in that, they still mean the same text.
    private static string Spelling(string token) =>
        token is ['<', '0', 'x', >= '0' and <= '7', _, '>']
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? ((char)value).ToString()
            : token.Replace('\u2581', ' ');
}
