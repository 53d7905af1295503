namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>How a task has a model write.</summary>
internal sealed record LmEvalGeneration
{
    /// <summary>The texts that end an answer.</summary>
    public IReadOnlyList<string> Until { get; init; } = ["\n\n"];

    public int MaxTokens { get; init; } = 256;

    /// <summary>Reads <c>generation_kwargs</c>.</summary>
    /// <exception cref="MergeHostException">MH6002: it asks for draws, or for something that is not known here.</exception>
    public static LmEvalGeneration Read(TaskYaml task)
    {
        LmEvalGeneration generation = new();
        if (task.Section("generation_kwargs") is not { } settings)
        {
            return generation;
        }

        IReadOnlyList<string> until = settings.Texts("until");
        int? most = settings.Whole("max_gen_toks") ?? settings.Whole("max_tokens");
        string temperature = settings.Text("temperature") ?? "0";
        if (settings.IsTrue("do_sample") || temperature is not ("0" or "0.0"))
        {
            throw settings.Refuse("drawing tokens", "the likeliest token each time");
        }

        if (most is <= 0)
        {
            throw settings.Refuse($"'max_gen_toks: {most}'", "a number from 1 up");
        }

        settings.ThrowIfLeft();
        return generation with { Until = until.Count > 0 ? until : generation.Until, MaxTokens = most ?? generation.MaxTokens };
    }
}
