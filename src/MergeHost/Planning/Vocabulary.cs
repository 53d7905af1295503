using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Planning;

/// <summary>The tokens of a model by their ids, as <c>tokenizer.json</c> lists them.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<int, string> _tokens = [];

    /// <summary>Reads a model's vocabulary.</summary>
    /// <returns><see langword="null"/> if the model has no <c>tokenizer.json</c> or it lists no tokens.</returns>
    /// <exception cref="CheckpointException">The file is no JSON object.</exception>
    public static Vocabulary? Read(InputModel model)
    {
        Vocabulary vocabulary = new();
        JsonObject? tokenizer = model.ReadJson("tokenizer.json");
        switch ((tokenizer?["model"] as JsonObject)?["vocab"])
        {
            case JsonObject byName:
                foreach ((string token, JsonNode? id) in byName)
                {
                    vocabulary.Add(token, id);
                }

                break;
            case JsonArray byPlace:
                for (int id = 0; id < byPlace.Count; id++)
                {
                    vocabulary._tokens[id] = byPlace[id] is JsonArray { Count: > 0 } entry ? $"{entry[0]}" : "";
                }

                break;
            default:
                return null;
        }

        foreach (JsonObject added in (tokenizer["added_tokens"] as JsonArray ?? []).OfType<JsonObject>())
        {
            vocabulary.Add($"{added["content"]}", added["id"]);
        }

        return vocabulary;
    }

    /// <summary>Tells how another vocabulary departs from this one.</summary>
    /// <returns><see langword="null"/> if every token here, by the text that it means, has the same id there; tokens that only the other has do not count.</returns>
    public string? Difference(Vocabulary other)
    {
        List<KeyValuePair<int, string>> unlike =
            [.. _tokens.Where(token => !other._tokens.TryGetValue(token.Key, out string? there) || TextOf(there) != TextOf(token.Value)).OrderBy(token => token.Key)];
        if (unlike.Count == 0)
        {
            return null;
        }

        (int id, string token) = unlike[0];
        string there = other._tokens.TryGetValue(id, out string? found) ? $"'{CheckpointException.Printable(found)}' there" : "missing there";
        return $"id {id} is '{CheckpointException.Printable(token)}' here and {there}{(unlike.Count > 1 ? $", and {unlike.Count - 1} more" : "")}";
    }

    // SentencePiece's tokens spell a space as ▁ and a byte as <0x09>; where files differ in that, they still mean the same text.
    private static string TextOf(string token) =>
        token is ['<', '0', 'x', >= '0' and <= '7', _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? ((char)value).ToString()
            : token.Replace('\u2581', ' ');

    private void Add(string token, JsonNode? id)
    {
        if (id is JsonValue value && value.TryGetValue(out int number))
        {
            _tokens[number] = token;
        }
    }
}
