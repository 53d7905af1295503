using System.Composition;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel.Harness;

/// <summary>A task of lm-evaluation-harness whose file is plain data, on a data set that lies beside it.</summary>
/// <remarks>
/// Answers are chosen or written, and compared, as the harness does it; <c>acc_norm</c> divides by letters, not bytes. Examples are the
/// first of their file, where the harness draws them unless its sampler is <c>first_n</c>. Functions of Python, blocks of Jinja and what
/// else is not plain data are refused by name.
/// </remarks>
/// <seealso href="https://github.com/EleutherAI/lm-evaluation-harness/blob/main/docs/task_guide.md"/>
[Benchmark("lm_eval")]
[method: ImportingConstructor]
public sealed class LmEvalBenchmark(LanguageModelLoader loader) : IBenchmark<LmEvalOptions>
{
    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, LmEvalOptions options, BenchmarkContext context)
    {
        LmEvalTask task = LmEvalTask.Read(Path.Combine(context.Folder, options.Task));
        IReadOnlyDictionary<string, object?> fields = TaskItem.ReadAll(Path.Combine(context.Folder, options.Data))[0].Fields;
        MultipleChoiceOptions questions = new()
        {
            Data = options.Data,
            Prompt = TemplateOf(task.Prompt, fields),
            Delimiter = task.Delimiter,
            Separator = task.Separator,
            Shots = options.Shots ?? task.Shots,
            ShotsData = options.ShotsData,
            Choices = TemplateOf(task.Choices, fields),
            Answer = TemplateOf(task.Target, fields),
        };
        return new BenchmarkResult(task.IsMultipleChoice ? Choose(checkpoint, task, questions, options.Precision, context) : Write(checkpoint, task, questions, options.Precision, context));
    }

    private IReadOnlyList<TaskResult> Choose(ICheckpointReader checkpoint, LmEvalTask task, MultipleChoiceOptions options, ModelPrecision precision, BenchmarkContext context)
    {
        ChoiceReader reader = new(options.Choices, options.Answer);
        TaskFile file = new(options, context, reader.Right);
        List<ChoiceQuestion> questions = [.. file.Items.Select(item => reader.Read(item, task.Description + file.Prompt(item), options.Delimiter))];
        ChoiceScores scores = new(task.Name, questions, loader.Load(checkpoint, precision, context), context);
        return [.. scores.Results(choice => choice.EnumerateRunes().Count()).Where(result => task.Metrics.Names.Contains(result.Metric))];
    }

    private List<TaskResult> Write(ICheckpointReader checkpoint, LmEvalTask task, MultipleChoiceOptions options, ModelPrecision precision, BenchmarkContext context)
    {
        TextTemplate target = new(options.Answer);
        TaskFile file = new(options, context, item => Answers(item)[0]);
        LanguageModel model = loader.Load(checkpoint, precision, context);
        List<(IReadOnlyList<int> Ids, bool IsCut)> prompts =
            [.. file.Items.Select(item => model.EncodePrompt(task.Description + file.Prompt(item), task.Generation.MaxTokens, item.Unusable))];
        GenerationOptions generation = new() { MaxTokens = task.Generation.MaxTokens, Stop = task.Generation.Until };
        IReadOnlyList<GeneratedText> texts = model.Generate(prompts.ConvertAll(prompt => prompt.Ids), generation, context);
        return task.Metrics.Comparisons.ToList().ConvertAll(metric =>
        {
            List<ItemScore> scores = [.. file.Items.Zip(texts, (item, text) => new ItemScore(item.Id, metric.Comparison.ExactMatch(text.Text, Answers(item))))];
            return new TaskResult(task.Name, metric.Name, scores.Average(score => score.Score), scores) { CutCount = prompts.Count(prompt => prompt.IsCut) };
        });

        IReadOnlyList<string> Answers(TaskItem item) => target.Evaluate(item.Fields) is IReadOnlyList<object?> { Count: > 0 } several
            ? [.. several.Select(PythonValue.Text)]
            : [target.Render(item.Fields)];
    }

    // The name of a field stands for its value.
    private static string TemplateOf(string text, IReadOnlyDictionary<string, object?> fields) => fields.ContainsKey(text) ? $"{{{{{text}}}}}" : text;
}
