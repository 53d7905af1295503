using MergeHost.Runtimes;
using MergeHost.Tokenizers;

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
    /// <remarks>
    /// Of a prompt that is too long for an answer the last ids are read, as in lm-evaluation-harness: as many as the model was made for,
    /// the last id of the answer not counted, which is scored but not read. Then each answer has a prompt of its own.
    /// </remarks>
    /// <returns>One prompt with all answers, or one for each answer.</returns>
    /// <exception cref="MergeHostException">MH6002: an answer adds no id, or more than the model can read.</exception>
    public (IReadOnlyList<ScoredPrompt> Prompts, bool IsCut) Encode(LanguageModel model)
    {
        // Spaces at the end belong to the answer: tokens have theirs in front.
        string prompt = Prompt.TrimEnd();
        string between = Prompt[prompt.Length..] + Delimiter;
        TextTokenizer tokenizer = model.Tokenizer;
        int length = tokenizer.Encode(prompt).Count;
        IReadOnlyList<int> ids = tokenizer.EncodeWhole(prompt);
        if (ids.Count == 0)
        {
            throw Item.Unusable("the prompt is empty, and the model's texts do not begin with BOS");
        }

        int[][] answers = [.. Choices.Select(choice => AnswerIds(choice, [.. tokenizer.Encode(prompt + between + choice).Skip(length)],
            model))];
        return answers.Max(answer => answer.Length) <= Room(ids.Count)
            ? ([new ScoredPrompt(ids, answers)], false)
            : ([.. answers.Select(answer => new ScoredPrompt([.. ids.Skip(Math.Max(0, answer.Length - Room(ids.Count)))], [answer]))],
                true);

        int Room(int before) => model.MaxPositions + 1 - before;
    }

    private int[] AnswerIds(string choice, int[] ids, LanguageModel model) =>
        ids.Length == 0 ? throw Item.Unusable($"choice '{choice}' has no token of its own after the prompt")
        : ids.Length > model.MaxPositions
            ? throw Item.Unusable(
                $"choice '{choice}' has {ids.Length} tokens, more than the {model.MaxPositions} that the model was made for")
        : ids;
}
