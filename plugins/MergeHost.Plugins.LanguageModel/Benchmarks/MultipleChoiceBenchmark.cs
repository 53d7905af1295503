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
/// prompt alone has, as in lm-evaluation-harness.
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
        List<ScoredSequence> sequences = [.. items.SelectMany(item => Sequences(item, model))];
        double[] sums = [.. model.Score(sequences, context).Select(scores => scores.Sum())];
        string task = Path.GetFileNameWithoutExtension(options.Data);
        return new BenchmarkResult(
        [
            Result(task, "acc", items, sums, _ => 1),
            Result(task, "acc_norm", items, sums, Encoding.UTF8.GetByteCount),
        ]);
    }

    private static IEnumerable<ScoredSequence> Sequences(MultipleChoiceItem item, LanguageModel model)
    {
        TextTokenizer tokenizer = model.Tokenizer;
        int[] begin = tokenizer.BeginId is { } id ? [id] : [];
        int first = begin.Length + tokenizer.Encode(item.Prompt).Count;
        foreach (string choice in item.Choices)
        {
            ScoredSequence sequence = new([.. begin, .. tokenizer.Encode(item.Prompt + choice)], first);
            if (first == 0 || first >= sequence.Ids.Count)
            {
                throw Unusable(item, $"choice '{choice}' has no token of its own after {(first == 0 ? "an empty prompt" : "the prompt")}");
            }

            yield return sequence.Ids.Count <= model.MaxPositions
                ? sequence
                : throw Unusable(item, $"{sequence.Ids.Count} tokens are more than the {model.MaxPositions} that the model was made for");
        }
    }

    private static MergeHostException Unusable(MultipleChoiceItem item, string reason) =>
        new(new Problem(ErrorCodes.BadTaskData, $"item '{item.Id}': {reason}"), null);

    private static TaskResult Result(string task, string metric, IReadOnlyList<MultipleChoiceItem> items, double[] sums, Func<string, int> length)
    {
        List<ItemScore> scores = [];
        int done = 0;
        foreach (MultipleChoiceItem item in items)
        {
            double[] values = [.. item.Choices.Select((choice, index) => sums[done + index] / length(choice))];
            done += values.Length;
            scores.Add(new ItemScore(item.Id, Array.IndexOf(values, values.Max()) == item.Answer ? 1 : 0));
        }

        return new TaskResult(task, metric, scores.Average(score => score.Score), scores);
    }
}
