using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.LanguageModel.Tokenizers;

/// <summary>Byte-level BPE as GPT-2, Llama 3 and Qwen have it, read from a <c>tokenizer.json</c>. Not for several threads at once.</summary>
internal sealed class ByteLevelBpe
{
    private const string File = "tokenizer.json";

    private readonly PiecePattern _pattern;
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int> _ranks;
    private readonly Dictionary<string, int[]> _known = [];
    private readonly Dictionary<string, int> _added;
    private readonly Regex? _addedPattern;
    private readonly Dictionary<int, string> _letters;
    private readonly Dictionary<int, AddedToken> _addedIds;
    private readonly bool _composes;
    private readonly bool _takesWholePieces;

    /// <exception cref="MergeHostException">MH6004: a setting is not known here; MH2013: the file is broken.</exception>
    public ByteLevelBpe(JsonObject json)
    {
        JsonObject model = json["model"]!.AsObject();
        Refuse(model, "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix");
        _composes = ReadNormalizer(json["normalizer"]);
        _pattern = PiecePattern.Read(json["pre_tokenizer"]);
        _takesWholePieces = model["ignore_merges"]?.GetValue<bool>() == true;
        _vocabulary = model["vocab"]!.AsObject().ToDictionary(entry => entry.Key, entry => entry.Value!.GetValue<int>());
        _ranks = model["merges"]!.AsArray().Select((merge, rank) => (Pair: merge is JsonArray pair ? $"{pair[0]} {pair[1]}" : $"{merge}", Rank: rank))
            .ToDictionary(merge => merge.Pair, merge => merge.Rank);
        IReadOnlyList<AddedToken> added = AddedToken.ReadAll(json);
        _added = added.ToDictionary(token => token.Content, token => token.Id);
        _addedIds = added.ToDictionary(token => token.Id);
        _letters = _vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        _addedPattern = LongestFirst.Of(_added.Keys);
    }

    /// <summary>Whether a <c>tokenizer.json</c> holds byte-level BPE.</summary>
    public static bool Recognises(JsonObject json) =>
        json["model"]?["type"]?.ToString() == "BPE" && PiecePattern.Steps(json["pre_tokenizer"]).Any(step => step["type"]?.ToString() == "ByteLevel");

    /// <summary>The ids of a text; added tokens in it are found first.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        List<int> ids = [];
        int start = 0;
        for (Match? match = _addedPattern?.Match(text); match?.Success == true; match = match.NextMatch())
        {
            EncodePlain(text[start..match.Index], ids);
            ids.Add(_added[match.Value]);
            start = match.Index + match.Length;
        }

        EncodePlain(text[start..], ids);
        return ids;
    }

    /// <summary>What an id stands for.</summary>
    public TokenText? Find(int id) => _addedIds.TryGetValue(id, out AddedToken? token)
        ? new TokenText(Encoding.UTF8.GetBytes(token.Content), token.IsControl)
        : _letters.TryGetValue(id, out string? letters) ? new TokenText(ByteLetters.Decode(letters), IsControl: false) : null;

    private void EncodePlain(string text, List<int> ids)
    {
        foreach (string piece in _pattern.Cut(_composes ? text.Normalize(NormalizationForm.FormC) : text))
        {
            if (!_known.TryGetValue(piece, out int[]? found))
            {
                _known.Add(piece, found = EncodePiece(ByteLetters.Encode(piece)));
            }

            ids.AddRange(found);
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
            .. PieceMerger.Merge(letters, [.. Enumerable.Range(0, letters.Length)], Rank).Select(token => _vocabulary.TryGetValue(token, out int id)
                ? id
                : throw TokenizerException.Broken(File, $"token '{token}' is not in the vocabulary")),
        ];
    }

    // A token never holds a space: its letter for that byte is another.
    private double? Rank(ReadOnlySpan<char> left, ReadOnlySpan<char> right) =>
        _ranks.TryGetValue($"{left} {right}", out int rank) ? rank : null;

    private static bool ReadNormalizer(JsonNode? normalizer) => normalizer?["type"]?.ToString() switch
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
