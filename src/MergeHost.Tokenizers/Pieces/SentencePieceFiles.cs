using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Reads SentencePiece's BPE from a <c>tokenizer.json</c>, or else from a <c>tokenizer.model</c>.</summary>
/// <remarks>Where both are there <c>tokenizer.json</c> decides, as it does in transformers: tokens that were
/// added after training are in it alone.</remarks>
internal static class SentencePieceFiles
{
    private const string Json = "tokenizer.json";

    private static readonly string _space = SpacedText.Space.ToString();

    /// <summary>Whether a <c>tokenizer.json</c> holds such a tokenizer.</summary>
    public static bool Recognises(JsonObject json) =>
        json["model"].Find("type").AsText() == "BPE" && json["model"].Find("vocab") is JsonObject
            && (IsTrue(json["model"].Find("byte_fallback"))
                || Steps(json).Any(step => step.Find("type").AsText() is "Metaspace" or "Prepend"));

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <exception cref="MergeHostException">MH6004: a setting is not known here.</exception>
    public static TextTokenizer Read(JsonObject json, JsonObject? tokens, JsonObject? settings)
    {
        JsonObject model = json["model"]!.AsObject();
        Dictionary<string, int> vocabulary = BpeTables.Vocabulary(model["vocab"]!.AsObject());
        Spaces spaces = ReadSpaces(json);
        IReadOnlyList<AddedToken> added = AddedToken.ReadAll(json, tokens, settings, vocabulary);
        Dictionary<int, string> texts = vocabulary.DistinctBy(entry => entry.Value).ToDictionary(entry => entry.Value, entry => entry.Key);
        int[] bytes = IsTrue(model["byte_fallback"]) ? Bytes(vocabulary) : [];
        HashSet<int> byteIds = [.. bytes];
        bool addsPrefix = spaces.PrependsFirst || spaces.Prefix != SpacePrefix.Never;
        BpePieces pieces = new()
        {
            Pieces = vocabulary,
            Cost = BpeTables.Merges(model["merges"] as JsonArray ?? []),
            Bytes = bytes,
            UnknownId = model["unk_token"].AsText() is { } unknown && vocabulary.TryGetValue(unknown, out int id) ? id : null,
            TakesWholePieces = IsTrue(model["ignore_merges"]),
        };
        SpacedText text = new()
        {
            CutPieces = pieces.Cut,
            Added = new AddedTokens(added, spaces.Normalize),
            Prefix = spaces.Prefix,
            IsPrefixedOnce = true,
            CutsWords = spaces.CutsWords,
            Text = token => texts.TryGetValue(token, out string? piece) ? Text(piece, byteIds.Contains(token), isControl: false) : null,
        };
        return new TextTokenizer(text.Encode, text.Find, addsPrefix, BeginToken.Find(json, settings, added));
    }

    /// <summary>The BPE model of a <c>tokenizer.model</c>, where that is the file that counts, and text goes
    /// into it as it is but for its spaces.</summary>
    /// <exception cref="MergeHostException">MH2013: the file is broken.</exception>
    public static SentencePieceModel? FindBpe(IReadOnlyList<CompanionFile> companions) =>
        companions.Any(file => file.Name is Json or "vocab.json" or "vocab.txt")
            || TokenizerFiles.Find(companions, TokenizerFiles.SentencePiece) is not { } file ? null
        : SentencePieceModel.Read(file.ReadBytes(), TokenizerFiles.SentencePiece) is { LeavesText: true } model ? model : null;

    /// <summary>Reads a BPE model of SentencePiece, with the tokens that other files add to it.</summary>
    /// <remarks>
    /// Control pieces and added tokens in a text are tokens. A space is put in front of a text alone, or with
    /// <c>legacy</c> in front of each part between such tokens.
    /// </remarks>
    /// <exception cref="MergeHostException">MH6004: the model is of a kind that is not known here.</exception>
    public static TextTokenizer Read(SentencePieceModel model, JsonObject? tokens, JsonObject? settings)
    {
        model.ThrowIfUnsupported(TokenizerFiles.SentencePiece);
        Dictionary<string, int> all = Ids(model, _ => true);
        Dictionary<string, int> normal = Ids(model, kind => kind == SentencePieceKind.Normal);
        Dictionary<string, int> defined = Ids(model, kind => kind == SentencePieceKind.UserDefined);
        List<AddedToken> added = [.. AddedToken.ReadAll(null, tokens, settings, all)];
        added.AddRange(Ids(model, kind => kind is SentencePieceKind.Control or SentencePieceKind.Unknown)
            .Where(piece => added.TrueForAll(token => token.Content != piece.Key && token.Id != piece.Value))
            .Select(piece => new AddedToken(piece.Key, piece.Value, IsControl: true)));
        int[] bytes = Bytes(all);
        if (bytes.Length == 0)
        {
            throw TokenizerException.Broken(TokenizerFiles.SentencePiece, "a piece of a byte is not there");
        }

        Regex? pattern = LongestFirst.Of(defined.Keys);
        BpePieces pieces = new()
        {
            Pieces = normal,
            Cost = (left, right) => normal.TryGetValue($"{left}{right}", out int id) ? -model.Pieces[id].Score : null,
            Bytes = bytes,
        };
        SpacedText text = new()
        {
            CutPieces = pieces.Cut,
            Added = new AddedTokens(added, part => part),
            Prefix = !model.AddsPrefix ? SpacePrefix.Never : IsTrue(settings.Find("legacy")) ? SpacePrefix.Always : SpacePrefix.First,
            CutDefined = part => CutDefined(part, defined, pattern),
            Text = id => id >= 0 && id < model.Pieces.Count
                ? Text(model.Pieces[id].Text, model.Pieces[id].Kind == SentencePieceKind.Byte,
                    model.Pieces[id].Kind is SentencePieceKind.Control or SentencePieceKind.Unknown)
                : null,
        };
        bool begins = settings.Find("add_bos_token").AsTruth() ?? true;
        return new TextTokenizer(text.Encode, text.Find, model.AddsPrefix, begins && model.BeginId >= 0 ? model.BeginId : null);
    }

    private static IEnumerable<TextPart> CutDefined(string text, Dictionary<string, int> defined, Regex? pattern)
    {
        int start = 0;
        for (Match? match = pattern?.Match(text); match?.Success == true; match = match.NextMatch())
        {
            yield return new TextPart(text[start..match.Index], null, start == 0);
            yield return new TextPart(match.Value, defined[match.Value], false);
            start = match.Index + match.Length;
        }

        yield return new TextPart(text[start..], null, start == 0);
    }

    private static Dictionary<string, int> Ids(SentencePieceModel model, Predicate<SentencePieceKind> isWanted)
    {
        Dictionary<string, int> ids = [];
        foreach ((int id, SentencePiece piece) in model.Pieces.Index().Where(piece => isWanted(piece.Item.Kind)))
        {
            ids.TryAdd(piece.Text, id);
        }

        return ids;
    }

    /// <summary>The ids of the 256 bytes; empty unless all are there.</summary>
    internal static int[] Bytes(Dictionary<string, int> vocabulary)
    {
        int[] ids = [.. Enumerable.Range(0, 256)
            .Select(value => vocabulary.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), -1))];
        return ids.Contains(-1) ? [] : ids;
    }

    /// <summary>What a piece stands for.</summary>
    internal static TokenText Text(string piece, bool isByte, bool isControl) => isByte
        ? new TokenText([byte.Parse(piece.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)], IsControl: false)
        : new TokenText(Encoding.UTF8.GetBytes(piece.Replace(SpacedText.Space, ' ')), isControl);

    // What is done with text before it is merged: SentencePiece's way with spaces, in any of the spellings that are in use.
    private static Spaces ReadSpaces(JsonObject json)
    {
        bool prepends = false;
        bool replaces = false;
        bool isMeta = false;
        bool cutsWords = false;
        SpacePrefix prefix = SpacePrefix.Never;
        foreach (JsonNode step in Steps(json))
        {
            string? pattern = step.Find("pattern").Find("String").AsText();
            switch (step.Find("type").AsText())
            {
                case "Prepend" when step.Find("prepend").AsText() == _space:
                    prepends = true;
                    break;
                case "Replace" when pattern == " " && step.Find("content").AsText() == _space:
                    replaces = true;
                    break;
                case "Metaspace" when step.Find("replacement").AsText() == _space:
                    isMeta = true;
                    prefix = Scheme(step);
                    cutsWords = step.Find("split").AsTruth() ?? true;
                    break;
                case "Split" when pattern == " " && replaces:
                    // No space is left to cut at.
                    break;
                default:
                    throw TokenizerException.Unsupported(Json, $"step {step.Words()}",
                        "Prepend, Replace and Metaspace as SentencePiece's tokenizers have them");
            }
        }

        if (!replaces && !isMeta)
        {
            throw TokenizerException.Unsupported(Json, "a tokenizer that leaves spaces as they are", "SentencePiece's, which replace them");
        }

        return new Spaces(prepends, replaces, prefix, cutsWords);
    }

    /// <summary>Where a step <c>Metaspace</c> puts a space in front.</summary>
    internal static SpacePrefix Scheme(JsonNode step) => step.Find("prepend_scheme").AsText() switch
    {
        "never" => SpacePrefix.Never,
        "first" => SpacePrefix.First,
        null when step.Find("add_prefix_space").AsTruth() == false => SpacePrefix.Never,
        _ => SpacePrefix.Always,
    };

    private static IEnumerable<JsonNode> Steps(JsonObject json) =>
        TokenizerSteps.Of(json["normalizer"]).Concat(TokenizerSteps.Of(json["pre_tokenizer"]));

    private static bool IsTrue(JsonNode? node) => node.AsTruth() == true;

    private sealed record Spaces(bool PrependsFirst, bool Replaces, SpacePrefix Prefix, bool CutsWords)
    {
        public string Normalize(string text)
        {
            string prefixed = PrependsFirst && text.Length > 0 ? _space + text : text;
            return Replaces ? prefixed.Replace(' ', SpacedText.Space) : prefixed;
        }
    }
}
