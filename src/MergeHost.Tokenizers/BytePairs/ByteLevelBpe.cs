using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Byte-level BPE as GPT-2, Llama 3 and Qwen have it, read from a
/// <c>tokenizer.json</c>. Not for several threads at once.</summary>
internal sealed class ByteLevelBpe
{
    private const string File = "tokenizer.json";

    // Of a text with few words most pieces are found; of endless numbers none is, and they must not fill the memory.
    private const int MostKnown = 1 << 16;
    private const int LongestKnown = 64;

    private readonly PiecePattern _pattern;
    private readonly Dictionary<string, int> _vocabulary;
    private readonly MergeCost _cost;
    private readonly Dictionary<string, int[]> _known = [];
    private readonly AddedTokens _added;
    private readonly Dictionary<int, string> _letters;
    private readonly bool _takesWholePieces;

    /// <param name="json"><c>tokenizer.json</c>.</param>
    /// <param name="added"><c>added_tokens.json</c>, if it is there.</param>
    /// <param name="settings"><c>tokenizer_config.json</c>, if it is there.</param>
    /// <exception cref="MergeHostException">MH6004: a setting is not known here; MH2013: the file is broken.</exception>
    public ByteLevelBpe(JsonObject json, JsonObject? added, JsonObject? settings)
    {
        if (json["model"] is not JsonObject model || model["vocab"] is not JsonObject vocabulary || model["merges"] is not JsonArray merges)
        {
            throw TokenizerException.Broken(File, "'model' must hold 'vocab', an object, and 'merges', an array");
        }

        Refuse(model, "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix");
        bool composes = ReadNormalizer(json["normalizer"]);
        _pattern = PiecePattern.Read(json["pre_tokenizer"]);
        _takesWholePieces = model["ignore_merges"].AsTruth() == true;
        _vocabulary = BpeTables.Vocabulary(vocabulary);
        _cost = BpeTables.Merges(merges);
        _letters = [];
        foreach ((string letters, int id) in _vocabulary)
        {
            if (!_letters.TryAdd(id, letters))
            {
                throw TokenizerException.Broken(File, $"two tokens have '{id}'");
            }
        }

        AddedList = AddedToken.ReadAll(json, added, settings, _vocabulary);
        _added = new AddedTokens(AddedList, text => composes ? text.Normalize(NormalizationForm.FormC) : text);
    }

    /// <summary>The tokens that are found in a text first.</summary>
    public IReadOnlyList<AddedToken> AddedList { get; }

    /// <summary>How many pieces are kept, so that they need not be merged again.</summary>
    internal int KnownCount => _known.Count;

    /// <summary>Whether a <c>tokenizer.json</c> holds byte-level BPE.</summary>
    public static bool Recognises(JsonObject json) =>
        json["model"].Find("type").AsText() == "BPE"
            && TokenizerSteps.Of(json["pre_tokenizer"]).Any(step => step.Find("type").AsText() == "ByteLevel");

    /// <summary>The ids of a text; added tokens in it are found first.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        List<int> ids = [];
        foreach (TextPart part in _added.Cut(text))
        {
            if (part.Id is { } id)
            {
                ids.Add(id);
            }
            else
            {
                EncodePlain(part.Text, ids);
            }
        }

        return ids;
    }

    /// <summary>What an id stands for.</summary>
    public TokenText? Find(int id) =>
        _added.Find(id)
            ?? (_letters.TryGetValue(id, out string? letters) ? new TokenText(ByteLetters.Decode(letters), IsControl: false) : null);

    private void EncodePlain(string text, List<int> ids)
    {
        foreach (string piece in _pattern.Cut(text))
        {
            if (!_known.TryGetValue(piece, out int[]? found))
            {
                found = EncodePiece(ByteLetters.Encode(piece));
                Remember(piece, found);
            }

            ids.AddRange(found);
        }
    }

    private void Remember(string piece, int[] ids)
    {
        if (_known.Count == MostKnown)
        {
            _known.Clear();
        }

        if (piece.Length <= LongestKnown)
        {
            _known.Add(piece, ids);
        }
    }

    private int[] EncodePiece(string letters)
    {
        if (_takesWholePieces && _vocabulary.TryGetValue(letters, out int whole))
        {
            return [whole];
        }

        return
        [
            .. PieceMerger.Merge(letters, [.. Enumerable.Range(0, letters.Length)], _cost)
                .Select(token => _vocabulary.TryGetValue(token, out int id)
                    ? id
                    : throw TokenizerException.Broken(File, $"token '{token}' is not in the vocabulary")),
        ];
    }

    private static bool ReadNormalizer(JsonNode? normalizer) => (normalizer.Find("type") ?? normalizer)?.ToString() switch
    {
        null => false,
        "NFC" => true,
        string kind => throw TokenizerException.Unsupported(File, $"normalizer '{kind}'", "NFC"),
    };

    private static void Refuse(JsonObject model, params string[] settings)
    {
        foreach (string setting in settings)
        {
            if (model[setting] is { } value && value.ToString().Length > 0)
            {
                throw TokenizerException.Unsupported(File, $"'{setting}' of the model", "null");
            }
        }
    }
}
