using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Reads WordPiece from a <c>tokenizer.json</c>, as BERT has it.</summary>
internal static class WordPieceFiles
{
    private const string Json = "tokenizer.json";

    /// <summary>Whether a <c>tokenizer.json</c> holds such a tokenizer.</summary>
    public static bool Recognises(JsonObject json) =>
        json["model"].Find("type").AsText() == "WordPiece" && json["model"].Find("vocab") is JsonObject;

    /// <summary>Reads a <c>tokenizer.json</c>.</summary>
    /// <exception cref="MergeHostException">MH6004: a setting is not known here; MH2013: the file is broken.</exception>
    public static TextTokenizer Read(JsonObject json, JsonObject? tokens, JsonObject? settings)
    {
        if (TokenizerSteps.Of(json["pre_tokenizer"]) is not [JsonNode step] || step.Find("type").AsText() != "BertPreTokenizer")
        {
            throw TokenizerException.Unsupported(Json, $"pre-tokenizer {json["pre_tokenizer"].Words()} of WordPiece", "BertPreTokenizer");
        }

        JsonNode model = json["model"]!;
        Dictionary<string, int> vocabulary = BpeTables.Vocabulary(model["vocab"]!.AsObject());
        string prefix = model["continuing_subword_prefix"].AsText() ?? "##";
        WordPieces pieces = new(vocabulary, model["unk_token"].AsText() ?? "[UNK]", prefix,
            model["max_input_chars_per_word"].AsInt() ?? 100);
        IReadOnlyList<AddedToken> added = AddedToken.ReadAll(json, tokens, settings, vocabulary);
        AddedTokens found = new(added, TextNormalizer.Read(json["normalizer"]));
        Dictionary<int, string> texts = vocabulary.DistinctBy(entry => entry.Value).ToDictionary(entry => entry.Value, entry => entry.Key);
        return new TextTokenizer(Encode, Find, addsPrefix: true, BeginToken.Find(json, settings, added));

        IReadOnlyList<int> Encode(string text)
        {
            List<int> ids = [];
            foreach (TextPart part in found.Cut(text))
            {
                if (part.Id is { } id)
                {
                    ids.Add(id);
                    continue;
                }

                foreach (string word in BertText.Words(part.Text))
                {
                    pieces.Cut(word, ids);
                }
            }

            return ids;
        }

        TokenText? Find(int id) => found.Find(id) ?? (texts.TryGetValue(id, out string? text)
            ? new TokenText(Encoding.UTF8.GetBytes(text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : " " + text),
                IsControl: false)
            : null);
    }
}

/// <summary>Cuts words into the longest pieces from their beginning on; a word that is not made of pieces is unknown as a whole.</summary>
/// <param name="ids">The ids of the pieces.</param>
/// <param name="unknown">The piece for words that are not made of pieces.</param>
/// <param name="prefix">What pieces that begin no word begin with.</param>
/// <param name="most">How many letters a word may have.</param>
internal sealed class WordPieces(Dictionary<string, int> ids, string unknown, string prefix, int most)
{
    /// <summary>Cuts a word into pieces.</summary>
    /// <exception cref="MergeHostException">MH2013: it is not made of pieces, and there is no token for such.</exception>
    public void Cut(string word, List<int> found)
    {
        int count = found.Count;
        bool isKnown = word.EnumerateRunes().Count() <= most;
        for (int start = 0; isKnown && start < word.Length;)
        {
            int length = word.Length - start;
            while (length > 0 && !Take(word.Substring(start, length), start > 0, found))
            {
                length--;
            }

            isKnown = length > 0;
            start += length;
        }

        if (!isKnown)
        {
            found.RemoveRange(count, found.Count - count);
            found.Add(ids.TryGetValue(unknown, out int id)
                ? id
                : throw TokenizerException.Broken("tokenizer.json", $"a word is not made of pieces, and '{unknown}' is no token"));
        }
    }

    private bool Take(string piece, bool isInside, List<int> found)
    {
        bool isThere = ids.TryGetValue(isInside ? prefix + piece : piece, out int id);
        if (isThere)
        {
            found.Add(id);
        }

        return isThere;
    }
}
