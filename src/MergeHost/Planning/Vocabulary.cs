using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Planning;

/// <summary>The tokens of a model by their ids, as <c>tokenizer.json</c> lists them.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<int, string> _tokens = [];

    /// <summary>Reads a model's vocabulary.</summary>
    /// <returns><see langword="null"/> if the model has no <c>tokenizer.json</c> or it lists no tokens.</returns>
    /// <exception cref="CheckpointException">The file is not JSON.</exception>
    public static Vocabulary? Read(InputModel model)
    {
        if (model.Companions.FirstOrDefault(file => file.Name == "tokenizer.json") is not { } file)
        {
            return null;
        }

        Vocabulary vocabulary = new();
        JsonObject tokenizer = file.ReadJson();
        switch (tokenizer["model"]?["vocab"])
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
                    vocabulary._tokens[id] = byPlace[id]?[0]?.ToString() ?? "";
                }

                break;
            default:
                return null;
        }

        foreach (JsonNode? added in tokenizer["added_tokens"] as JsonArray ?? [])
        {
            vocabulary.Add(added?["content"]?.ToString() ?? "", added?["id"]);
        }

        return vocabulary;
    }

    /// <summary>Tells how another vocabulary departs from this one.</summary>
    /// <returns><see langword="null"/> if every token here has the same id there; tokens that only the other has do not count.</returns>
    public string? Difference(Vocabulary other)
    {
        List<KeyValuePair<int, string>> unlike = [.. _tokens.Where(token => other._tokens.GetValueOrDefault(token.Key) != token.Value).OrderBy(token => token.Key)];
        if (unlike.Count == 0)
        {
            return null;
        }

        (int id, string token) = unlike[0];
        string there = other._tokens.TryGetValue(id, out string? found) ? $"'{CheckpointException.Printable(found)}' there" : "missing there";
        return $"id {id} is '{CheckpointException.Printable(token)}' here and {there}{(unlike.Count > 1 ? $", and {unlike.Count - 1} more" : "")}";
    }

    private void Add(string token, JsonNode? id)
    {
        if (id is JsonValue value && value.TryGetValue(out int number))
        {
            _tokens[number] = token;
        }
    }
}
