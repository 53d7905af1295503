using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Tokenizers;

namespace MergeHost.Planning;

/// <summary>The tokens of a model by their ids, as its tokenizer's files list them.</summary>
internal sealed class Vocabulary
{
    // The first that is there has the pieces.
    private static readonly string[] _files = [TokenizerFiles.Json, "vocab.json", "vocab.txt", TokenizerFiles.SentencePiece];

    private readonly Dictionary<int, string> _tokens = [];
    private readonly bool _isOffset;

    private Vocabulary(bool isOffset) => _isOffset = isOffset;

    /// <summary>Reads a model's vocabulary.</summary>
    /// <returns><see langword="null"/> if the model has no file that lists tokens.</returns>
    /// <exception cref="MergeHostException">MH2013: a file is broken.</exception>
    public static Vocabulary? Read(InputModel model)
    {
        if (_files.FirstOrDefault(name => Find(model, name) is not null) is not { } file)
        {
            return null;
        }

        JsonObject? json = file.EndsWith(".json", StringComparison.Ordinal) ? model.ReadJson(file) : null;

        // Unigram's ids of tokenizer.json may be others than those of tokenizer.model: XLM-R shifts them.
        Vocabulary vocabulary = new(isOffset: json.Find("model").Find("vocab") is JsonArray);
        switch (file)
        {
            case TokenizerFiles.Json when json.Find("model").Find("vocab") is JsonArray places:
                vocabulary.Add(places.Select(place => place.At(0).AsText() ?? ""));
                break;
            case TokenizerFiles.Json:
                vocabulary.Add(json.Find("model").Find("vocab") as JsonObject);
                break;
            case "vocab.json":
                vocabulary.Add(json);
                break;
            case TokenizerFiles.SentencePiece:
                vocabulary.Add(SentencePieceModel.Read(Find(model, file)!.ReadBytes(), $"'{model.Name}': {file}").Pieces
                    .Select(piece => piece.Text));
                break;
            default:
                vocabulary.Add(Encoding.UTF8.GetString(Find(model, file)!.ReadBytes()).TrimEnd('\n').Split('\n')
                    .Select(line => line.TrimEnd('\r')));
                break;
        }

        if (vocabulary._tokens.Count == 0)
        {
            return null;
        }

        foreach (JsonNode? added in json.Find("added_tokens").Items())
        {
            vocabulary.Add(added.Find("content").AsText(), added.Find("id"));
        }

        if (Decoder(model) is JsonObject decoder)
        {
            foreach ((string id, JsonNode? token) in decoder)
            {
                vocabulary.Add(token.Find("content").AsText(),
                    int.TryParse(id, CultureInfo.InvariantCulture, out int number) ? JsonValue.Create(number) : null);
            }
        }
        else
        {
            vocabulary.Add(model.ReadJson("added_tokens.json"));
        }

        return vocabulary;
    }

    /// <summary>Whether two models' tokenizers are the same by their bytes, so that their vocabularies need not be read.</summary>
    public static bool AreSame(InputModel a, InputModel b)
    {
        // What formats have of their own tells more, and costs less than what is made of it.
        string[] own = [.. a.Companions.Select(file => file.Name)
            .Where(name => name.StartsWith("tokenizer.", StringComparison.Ordinal)
                && name is not (TokenizerFiles.Json or TokenizerFiles.SentencePiece))];
        return own.Any(name => Find(b, name) is not null) ? own.All(Agree)
            : _files.Append("added_tokens.json").All(Agree) && JsonNode.DeepEquals(Decoder(a), Decoder(b));

        bool Agree(string name) => (Find(a, name), Find(b, name)) switch
        {
            (null, null) => true,
            (CompanionFile one, CompanionFile other) => one.HasContentOf(other),
            _ => false,
        };
    }

    /// <summary>Tells how another vocabulary departs from this one.</summary>
    /// <param name="other">The other.</param>
    /// <param name="here">Whose this is.</param>
    /// <param name="there">Whose the other is.</param>
    /// <returns><see langword="null"/> if every token here, by the text that it means, has the same id there; tokens
    /// that only the other has do not count.</returns>
    public string? Difference(Vocabulary other, string here, string there)
    {
        if (_isOffset != other._isOffset)
        {
            return null;
        }

        List<KeyValuePair<int, string>> unlike =
            [.. _tokens.Where(token => !other._tokens.TryGetValue(token.Key, out string? found) || TextOf(found) != TextOf(token.Value))
                .OrderBy(token => token.Key)];
        if (unlike.Count == 0)
        {
            return null;
        }

        (int id, string token) = unlike[0];
        string found = other._tokens.TryGetValue(id, out string? text)
            ? $"'{CheckpointException.Printable(text)}' in '{there}'"
            : $"not in '{there}'";
        return $"id {id} is '{CheckpointException.Printable(token)}' in '{here}' "
            + $"and {found}{(unlike.Count > 1 ? $", and {unlike.Count - 1} more" : "")}";
    }

    private static JsonNode? Decoder(InputModel model) => model.ReadJson("tokenizer_config.json").Find("added_tokens_decoder");

    // SentencePiece's tokens spell a space as ▁ and a byte as <0x09>; where files differ in that, they still mean the same text.
    private static string TextOf(string token) =>
        token is ['<', '0', 'x', >= '0' and <= '7', _, '>']
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? ((char)value).ToString()
            : token.Replace('\u2581', ' ');

    private static CompanionFile? Find(InputModel model, string name) => model.Companions.FirstOrDefault(file => file.Name == name);

    private void Add(IEnumerable<string> tokens)
    {
        foreach (string token in tokens)
        {
            _tokens[_tokens.Count] = token;
        }
    }

    private void Add(JsonObject? tokens)
    {
        foreach ((string token, JsonNode? id) in tokens ?? [])
        {
            Add(token, id);
        }
    }

    private void Add(string? token, JsonNode? id)
    {
        if (token is not null && id.AsInt() is { } number)
        {
            _tokens[number] = token;
        }
    }
}
