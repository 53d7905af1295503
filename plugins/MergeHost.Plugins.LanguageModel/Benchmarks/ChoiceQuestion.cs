using MergeHost.Plugins.LanguageModel.Tokenizers;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>A question with its answers.</summary>
/// <param name="Item">The item that it comes from.</param>
/// <param name="Prompt">What stands before the answer.</param>
/// <param name="Delimiter">What stands between them.</param>
/// <param name="Choices">The answers, at least two.</param>
/// <param name="Answer">The index of the right one.</param>
internal sealed record ChoiceQuestion(TaskItem Item, string Prompt, string Delimiter, IReadOnlyList<string> Choices, int Answer)
{
    /// <summary>The ids of the prompt, and those that each answer adds to them.</summary>
    /// <exception cref="MergeHostException">MH6002: an answer adds none, or the model cannot read as many.</exception>
    public ScoredPrompt Encode(LanguageModel model)
    {
        // Spaces at the end belong to the answer: tokens have theirs in front.
        string prompt = Prompt.TrimEnd();
        string between = Prompt[prompt.Length..] + Delimiter;
        TextTokenizer tokenizer = model.Tokenizer;
        int length = tokenizer.Encode(prompt).Count;
        IReadOnlyList<int> ids = tokenizer.EncodeWhole(prompt);
        return ids.Count > 0
            ? new ScoredPrompt(ids, [.. Choices.Select(choice => Continuation(choice, [.. tokenizer.Encode(prompt + between + choice).Skip(length)], ids.Count, model))])
            : throw Item.Unusable("the prompt is empty, and the model's texts do not begin with BOS");
    }

    private int[] Continuation(string choice, int[] ids, int before, LanguageModel model) =>
        ids.Length == 0 ? throw Item.Unusable($"choice '{choice}' has no token of its own after the prompt")
        : before + ids.Length > model.MaxPositions ? throw Item.Unusable($"{before + ids.Length} tokens are more than the {model.MaxPositions} that the model was made for")
        : ids;
}
