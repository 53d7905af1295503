using System.Text.Json.Nodes;
using MergeHost.Runtimes;

namespace MergeHost.Cli.Serving;

/// <summary>Writes what a model added in the form of <c>/v1/completions</c>.</summary>
internal static class CompletionAnswer
{
    /// <summary>The whole answer.</summary>
    public static JsonObject Of(CompletionRequest request, IReadOnlyList<GeneratedText> texts, ILanguageModel model, string name)
    {
        int read = request.Prompts.Sum(prompt => prompt.Count);
        int added = texts.Sum(text => text.Tokens.Count);
        return new JsonObject
        {
            ["id"] = $"cmpl-{Guid.NewGuid():n}",
            ["object"] = "text_completion",
            ["created"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["model"] = name,
            ["choices"] = new JsonArray([.. texts.Select((text, index) => Choice(request, index, text, model))]),
            ["usage"] = new JsonObject { ["prompt_tokens"] = read, ["completion_tokens"] = added, ["total_tokens"] = read + added },
        };
    }

    private static JsonObject Choice(CompletionRequest request, int index, GeneratedText text, ILanguageModel model) => new()
    {
        ["index"] = index,
        ["text"] = (request.Echoes ? model.Decode(request.Prompts[index]) : "") + text.Text,
        ["logprobs"] = request.TellsLikelihoods ? Likelihoods([.. text.Prompt, .. text.Tokens], model) : null,
        ["finish_reason"] = text.IsEnded ? "stop" : "length",
    };

    private static JsonObject Likelihoods(IReadOnlyList<GeneratedToken> tokens, ILanguageModel model)
    {
        string[] names = [.. tokens.Select(token => model.NameToken(token.Id))];
        JsonArray offsets = [];
        int offset = 0;
        foreach (string name in names)
        {
            offsets.Add(offset);
            offset += name.Length;
        }

        return new JsonObject
        {
            ["tokens"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]),
            ["token_logprobs"] = new JsonArray([.. tokens.Select(token => Number(token.LogLikelihood))]),
            ["top_logprobs"] = new JsonArray([.. tokens.Select(token => Alternatives(token, model))]),
            ["text_offset"] = offsets,
        };
    }

    // Of tokens with one name the likelier counts.
    private static JsonObject? Alternatives(GeneratedToken token, ILanguageModel model)
    {
        if (token.LogLikelihood is null)
        {
            return null;
        }

        JsonObject alternatives = [];
        foreach ((int id, double likelihood) in token.Alternatives)
        {
            alternatives.TryAdd(model.NameToken(id), Number(likelihood));
        }

        return alternatives;
    }

    // JSON has no number for minus infinity.
    private static JsonValue? Number(double? value) => value is { } number ? JsonValue.Create(double.IsFinite(number) ? number : -9999.0) : null;
}
