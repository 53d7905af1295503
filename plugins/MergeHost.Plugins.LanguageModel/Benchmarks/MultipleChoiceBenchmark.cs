using System.Composition;
using System.Text;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Tokenizers;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Which of several answers a model holds to be likeliest after a prompt.</summary>
/// <remarks>
/// <c>acc</c>: the answer of the largest sum of log-likelihoods. <c>acc_norm</c>: of the largest sum for each byte of the answer in
/// UTF-8. The first of equal ones counts. Prompt and answer are encoded together, and the answer's tokens are those after as many as the
/// prompt alone has, as in lm-evaluation-harness; the prompt is read once for all answers.
/// </remarks>
[Benchmark("multiple_choice")]
[method: ImportingConstructor]
public sealed class MultipleChoiceBenchmark(LanguageModelLoader loader) : IBenchmark<MultipleChoiceOptions>
{
    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, MultipleChoiceOptions options, BenchmarkContext context)
    {
        IReadOnlyList<MultipleChoiceItem> items = MultipleChoiceItem.ReadAll(Path.Combine(context.Folder, options.Data));
        LanguageModel model = loader.Load(checkpoint, options.Precision, context);
        List<ScoredPrompt> prompts = [.. items.Select(item => Encode(item, model))];
        List<double[]> sums = [.. model.Score(prompts, context).Select(choices => Array.ConvertAll(choices, scores => scores.Sum()))];
        string task = Path.GetFileNameWithoutExtension(options.Data);
        return new BenchmarkResult(
        [
            Result(task, "acc", items, sums, _ => 1),
            Result(task, "acc_norm", items, sums, Encoding.UTF8.GetByteCount),
        ]);
    }

    private static ScoredPrompt Encode(MultipleChoiceItem item, LanguageModel model)
    {
        TextTokenizer tokenizer = model.Tokenizer;
        int[] prompt = [.. tokenizer.BeginId is { } begin ? [begin] : (int[])[], .. tokenizer.Encode(item.Prompt)];
        if (prompt.Length == 0)
        {
            throw Unusable(item, "the prompt is empty, and the model's texts do not begin with BOS");
        }

        int length = prompt.Length - (tokenizer.BeginId is null ? 0 : 1);
        return new ScoredPrompt(prompt, [.. item.Choices.Select(choice => Continuation(item, choice, length, model))]);
    }

    private static int[] Continuation(MultipleChoiceItem item, string choice, int promptLength, LanguageModel model)
    {
        int[] ids = [.. model.Tokenizer.Encode(item.Prompt + choice).Skip(promptLength)];
        int whole = promptLength + ids.Length + (model.Tokenizer.BeginId is null ? 0 : 1);
        return ids.Length == 0 ? throw Unusable(item, $"choice '{choice}' has no token of its own after the prompt")
            : whole > model.MaxPositions ? throw Unusable(item, $"{whole} tokens are more than the {model.MaxPositions} that the model was made for")
            : ids;
    }

    private static MergeHostException Unusable(MultipleChoiceItem item, string reason) =>
        new(new Problem(ErrorCodes.BadTaskData, $"item '{item.Id}': {reason}"), null);

    private static TaskResult Result(string task, string metric, IReadOnlyList<MultipleChoiceItem> items, List<double[]> sums, Func<string, int> length)
    {
        List<ItemScore> scores = [.. items.Zip(sums, (item, choices) =>
        {
            double[] values = [.. choices.Zip(item.Choices, (sum, choice) => sum / length(choice))];
            return new ItemScore(item.Id, Array.IndexOf(values, values.Max()) == item.Answer ? 1 : 0);
        })];
        return new TaskResult(task, metric, scores.Average(score => score.Score), scores);
    }
}
