using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>Writes what a model added in the form of <c>/v1/completions</c>, piece by piece: no tree of it is made.</summary>
internal static class CompletionAnswer
{
    /// <summary>Writes the whole answer.</summary>
    public static void Write(Utf8JsonWriter json, CompletionRequest request, IReadOnlyList<GeneratedText> texts, ILanguageModel model, string name)
    {
        int read = request.Prompts.Sum(prompt => prompt.Count);
        int added = texts.Sum(text => text.Tokens.Count);
        json.WriteStartObject();
        json.WriteString("id", $"cmpl-{Guid.NewGuid():n}");
        json.WriteString("object", "text_completion");
        json.WriteNumber("created", DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        json.WriteString("model", name);
        json.WriteStartArray("choices");
        foreach ((int index, GeneratedText text) in texts.Index())
        {
            WriteChoice(json, request, index, text, model);
        }

        json.WriteEndArray();
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", read);
        json.WriteNumber("completion_tokens", added);
        json.WriteNumber("total_tokens", read + added);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter json, CompletionRequest request, int index, GeneratedText text, ILanguageModel model)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("text", (request.Echoes ? model.Decode(request.Prompts[index]) : "") + text.Text);
        json.WritePropertyName("logprobs");
        if (request.TellsLikelihoods)
        {
            WriteLikelihoods(json, [.. text.Prompt, .. text.Tokens], model);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteString("finish_reason", text.IsEnded ? "stop" : "length");
        json.WriteEndObject();
    }

    private static void WriteLikelihoods(Utf8JsonWriter json, IReadOnlyList<GeneratedToken> tokens, ILanguageModel model)
    {
        string[] names = [.. tokens.Select(token => model.NameToken(token.Id))];
        json.WriteStartObject();
        WriteAll(json, "tokens", names, json.WriteStringValue);
        WriteAll(json, "token_logprobs", tokens, token => WriteNumber(json, token.LogLikelihood));
        WriteAll(json, "top_logprobs", tokens, token => WriteAlternatives(json, token, model));
        int offset = 0;
        WriteAll(json, "text_offset", names, name =>
        {
            json.WriteNumberValue(offset);
            offset += name.Length;
        });
        json.WriteEndObject();
    }

    // Of tokens with one name the likelier counts.
    private static void WriteAlternatives(Utf8JsonWriter json, GeneratedToken token, ILanguageModel model)
    {
        if (token.LogLikelihood is null)
        {
            json.WriteNullValue();
            return;
        }

        HashSet<string> names = [];
        json.WriteStartObject();
        foreach ((int id, double likelihood) in token.Alternatives)
        {
            string name = model.NameToken(id);
            if (names.Add(name))
            {
                json.WritePropertyName(name);
                WriteNumber(json, likelihood);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteAll<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }

    // JSON has no number for minus infinity.
    private static void WriteNumber(Utf8JsonWriter json, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumberValue(double.IsFinite(number) ? number : -9999.0);
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
