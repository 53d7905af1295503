using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>A request for <c>/v1/completions</c>.</summary>
/// <param name="Prompts">The ids of each prompt.</param>
/// <param name="Options">How the model goes on with them.</param>
/// <param name="Echoes">Whether the prompts are part of the answer.</param>
/// <param name="TellsLikelihoods">Whether tokens are told with how likely they were.</param>
/// <param name="Streams">Whether the answer comes as a stream of events.</param>
internal sealed record CompletionRequest(
    IReadOnlyList<IReadOnlyList<int>> Prompts, GenerationOptions Options, bool Echoes, bool TellsLikelihoods, bool Streams)
{
    private const int MostPrompts = 512;
    private const int MostAlternatives = 20;
    private const int MostStops = 16;

    /// <summary>Reads a request.</summary>
    /// <exception cref="BadRequestException">Something in it is wrong, or not supported.</exception>
    public static CompletionRequest Read(RequestReader fields, ILanguageModel model)
    {
        int maxTokens = fields.Whole("max_tokens", 16, 0, model.MaxPositions);
        bool begins = fields.Truth("add_special_tokens", true);
        List<IReadOnlyList<int>> prompts = [.. ReadPrompts(fields.Take("prompt"), begins, model)];
        int alternatives = fields.Whole("logprobs", -1, 0, MostAlternatives);
        bool echoes = fields.Truth("echo", false);
        CompletionRequest request = new(
            prompts,
            new GenerationOptions
            {
                MaxTokens = maxTokens,
                Stop = fields.Texts("stop", MostStops),
                Temperature = fields.Number("temperature", 1, 0, 2),
                TopP = fields.Number("top_p", 1, 1e-6, 1),
                Seed = fields.Whole("seed", Random.Shared.Next(), int.MinValue, int.MaxValue),
                Alternatives = Math.Max(0, alternatives),
                TellsPrompt = echoes && alternatives >= 0,
            },
            echoes, alternatives >= 0, fields.Truth("stream", false));
        fields.Expect("n", "1");
        fields.Expect("best_of", "1");
        fields.Expect("presence_penalty", "0");
        fields.Expect("frequency_penalty", "0");
        fields.Expect("logit_bias", "{}");
        fields.Expect("suffix", "\"\"");
        fields.Skip("model", "user", "stream_options");
        fields.ThrowIfLeft();
        foreach (int length in prompts.Select(prompt => prompt.Count))
        {
            if (length == 0)
            {
                throw new BadRequestException("is empty, and the model's texts do not begin with BOS", "prompt");
            }

            if (length + maxTokens > model.MaxPositions)
            {
                throw new BadRequestException(
                    $"has {length} tokens, which with max_tokens {maxTokens} is more than the {model.MaxPositions} that the model was made for", "prompt");
            }
        }

        return request;
    }

    private static IEnumerable<IReadOnlyList<int>> ReadPrompts(JsonElement? prompt, bool begins, ILanguageModel model)
    {
        JsonElement given = prompt ?? throw new BadRequestException("is missing", "prompt");
        if (given.ValueKind == JsonValueKind.String || IsIds(given))
        {
            return [ReadPrompt(given, begins, model)];
        }

        return given.ValueKind == JsonValueKind.Array && given.GetArrayLength() is >= 1 and <= MostPrompts
            ? given.EnumerateArray().Select(item => ReadPrompt(item, begins, model))
            : throw new BadRequestException($"must be a text, a list of token ids, or a list of 1 to {MostPrompts} of these", "prompt");
    }

    private static IReadOnlyList<int> ReadPrompt(JsonElement prompt, bool begins, ILanguageModel model) =>
        prompt.ValueKind == JsonValueKind.String ? model.Encode(prompt.GetString()!, begins) : ReadIds(prompt, "prompt", model);

    /// <summary>Reads a list of token ids.</summary>
    /// <exception cref="BadRequestException">It is none, or the model has no such ids.</exception>
    public static IReadOnlyList<int> ReadIds(JsonElement list, string name, ILanguageModel model)
    {
        if (!IsIds(list))
        {
            throw new BadRequestException("must hold token ids, at least one", name);
        }

        List<int> ids = [];
        foreach (JsonElement item in list.EnumerateArray())
        {
            ids.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0 && id < model.VocabularySize
                ? id
                : throw new BadRequestException($"holds {item.GetRawText()}; token ids are whole numbers in [0, {model.VocabularySize})", name));
        }

        return ids;
    }

    private static bool IsIds(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number;
}
