using System.Text.Json;
using MergeHost.Runtimes;

namespace MergeHost.Serving;

/// <summary>A request for <c>/v1/completions</c> or <c>/v1/chat/completions</c>.</summary>
/// <param name="Prompts">The ids of each prompt.</param>
/// <param name="Count">How many texts are asked for each.</param>
/// <param name="Options">How the model goes on with them.</param>
internal sealed record CompletionRequest(IReadOnlyList<IReadOnlyList<int>> Prompts, int Count, GenerationOptions Options)
{
    private const int MostPrompts = 512;
    private const int MostAlternatives = 20;
    private const int MostStops = 16;
    private const int UsualTokens = 16;

    /// <summary>Whether the prompts are part of the answer.</summary>
    public bool Echoes { get; private init; }

    /// <summary>Whether tokens are told with how likely they were.</summary>
    public bool TellsLikelihoods { get; private init; }

    /// <summary>Whether the answer comes as a stream of events.</summary>
    public bool Streams { get; private init; }

    /// <summary>Whether a stream ends with how many tokens there were.</summary>
    public bool StreamsUsage { get; private init; }

    /// <summary>A prompt for each text: each as often as texts are asked for it.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Rows => [.. Prompts.SelectMany(prompt => Enumerable.Repeat(prompt, Count))];

    /// <summary>Reads a request for completions of texts.</summary>
    /// <exception cref="BadRequestException">Something in it is wrong, or not supported.</exception>
    public static CompletionRequest Read(RequestReader fields, ILanguageModel model)
    {
        bool begins = fields.Truth("add_special_tokens", true);
        List<IReadOnlyList<int>> prompts = [.. ReadPrompts(fields.Take("prompt"), begins, model)];
        int alternatives = fields.Whole("logprobs", -1, 0, MostAlternatives);
        bool echoes = fields.Truth("echo", false);
        fields.Expect("suffix", "\"\"");
        return Read(fields, "prompt", model, new CompletionRequest(prompts, 1, new GenerationOptions
        {
            MaxTokens = fields.Whole("max_tokens", UsualTokens, 0, int.MaxValue),
            Alternatives = Math.Max(0, alternatives),
            TellsPrompt = echoes && alternatives >= 0,
        })
        {
            Echoes = echoes,
            TellsLikelihoods = alternatives >= 0,
        });
    }

    /// <summary>Reads a request for an answer in a conversation.</summary>
    /// <exception cref="BadRequestException">Something in it is wrong, or not supported.</exception>
    public static CompletionRequest ReadChat(RequestReader fields, ILanguageModel model)
    {
        fields.Refuse("tools", "functions");
        fields.Skip("tool_choice", "function_call", "parallel_tool_calls", "store", "metadata", "service_tier");
        fields.Expect("response_format", """{"type": "text"}""");
        fields.Expect("modalities", """["text"]""");
        bool tells = fields.Truth("logprobs", false);
        int alternatives = fields.Whole("top_logprobs", 0, 0, MostAlternatives);
        if (alternatives > 0 && !tells)
        {
            throw new BadRequestException("needs logprobs to be true", "top_logprobs");
        }

        IReadOnlyList<int> prompt = ChatReader.Read(fields.Take("messages"), model);
        int room = Math.Max(0, model.MaxPositions - prompt.Count);
        int most = fields.Whole("max_completion_tokens", fields.Whole("max_tokens", room, 0, int.MaxValue), 0, int.MaxValue);
        return Read(fields, "messages", model,
            new CompletionRequest([prompt], 1, new GenerationOptions { MaxTokens = most, Alternatives = alternatives })
            {
                TellsLikelihoods = tells,
            });
    }

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
            ids.Add(RequestReader.AsWhole(item, 0, model.VocabularySize - 1)
                ?? throw new BadRequestException($"holds {item.GetRawText()}; token ids are whole numbers in [0, {model.VocabularySize})",
                    name));
        }

        return ids;
    }

    /// <summary>The ids of a text; one that has BOS in front gets no second.</summary>
    public static IReadOnlyList<int> Encode(string text, bool begins, ILanguageModel model) =>
        model.Encode(text, begins && !(model.Tokenizer.Begin is { Length: > 0 } begin && text.StartsWith(begin, StringComparison.Ordinal)));

    // What both kinds have.
    private static CompletionRequest Read(RequestReader fields, string source, ILanguageModel model, CompletionRequest kind)
    {
        int count = fields.Whole("n", 1, 1, MostPrompts / kind.Prompts.Count);
        fields.Whole("best_of", count, count, count);
        fields.Expect("presence_penalty", "0");
        fields.Expect("frequency_penalty", "0");
        fields.Expect("logit_bias", "{}");
        CompletionRequest request = kind with
        {
            Count = count,
            Options = kind.Options with
            {
                Stop = fields.Texts("stop", MostStops),
                Temperature = fields.Number("temperature", 1, 0, 2),
                TopP = fields.Number("top_p", 1, 1e-6, 1),
                Seed = fields.Whole("seed", Random.Shared.Next(), int.MinValue, int.MaxValue),
            },
            Streams = fields.Truth("stream", false),
            StreamsUsage = ReadsUsage(fields.Take("stream_options")),
        };
        fields.Skip("user");
        fields.ThrowIfLeft();
        foreach (int length in kind.Prompts.Select(prompt => prompt.Count))
        {
            if (length == 0)
            {
                throw new BadRequestException("is empty, and the model's texts do not begin with BOS", source);
            }

            if ((long)length + kind.Options.MaxTokens > model.MaxPositions)
            {
                throw new BadRequestException(
                    $"has {length} tokens, which with max_tokens {kind.Options.MaxTokens} is more than the {model.MaxPositions} that the "
                        + "model was made for", source, "context_length_exceeded");
            }
        }

        return request;
    }

    private static bool ReadsUsage(JsonElement? options)
    {
        if (options is not { } given)
        {
            return false;
        }

        RequestReader fields = new(given, "stream_options");
        bool usage = fields.Truth("include_usage", false);
        fields.Skip("include_obfuscation");
        fields.ThrowIfLeft();
        return usage;
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
        prompt.ValueKind == JsonValueKind.String ? Encode(prompt.GetString()!, begins, model) : ReadIds(prompt, "prompt", model);

    private static bool IsIds(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number;
}
