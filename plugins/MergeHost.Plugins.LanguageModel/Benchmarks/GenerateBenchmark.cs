using System.Composition;
using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Templates;
using MergeHost.Runtimes;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>What a model writes after a prompt, the likeliest token each time, compared with right answers.</summary>
/// <remarks><c>exact_match</c>: the share of answers that equal a right one. <c>f1</c>: the share of words in common with the nearest right
/// one. With a <c>scale</c> both are those of TAT-QA.</remarks>
[Benchmark("generate")]
[method: ImportingConstructor]
public sealed class GenerateBenchmark(LanguageModelLoader loader) : IBenchmark<GenerateOptions>
{
    /// <inheritdoc/>
    public BenchmarkItems ReadItems(GenerateOptions options, string folder)
    {
        TextTemplate answer = new(options.Answer);
        return new TaskFile(options, folder, Right).Texts(options, Right);

        string Right(TaskItem item) => Answers(answer, item)[0];
    }

    /// <inheritdoc/>
    public BenchmarkResult Run(ICheckpointReader checkpoint, GenerateOptions options, BenchmarkContext context)
    {
        TextTemplate answer = new(options.Answer);
        TextTemplate? scale = options.Scale is null ? null : new TextTemplate(options.Scale);
        TaskFile file = new(options, context.Folder,
            item => scale is null ? Answers(answer, item)[0] : ScaledAnswer.Write(Answers(answer, item), Scale(item)));
        List<IReadOnlyList<string>> answers = [.. file.Items.Select(item => Answers(answer, item))];
        GeneratedAnswer comparison = new(options);
        LanguageModel model = loader.Load(checkpoint, options.Precision, context);
        List<(IReadOnlyList<int> Ids, bool IsCut)> prompts = [.. file.Items.Select(item => model.EncodePrompt(file.Prompt(item),
            options.MaxTokens, item.Unusable))];
        GenerationOptions generation = new() { MaxTokens = options.MaxTokens, Stop = options.Stop.Length == 0 ? [] : [options.Stop] };
        IReadOnlyList<GeneratedText> texts = model.Generate(prompts.ConvertAll(prompt => prompt.Ids), generation, context);
        return new BenchmarkResult(scale is null
            ? [Result("exact_match", (text, item) => comparison.ExactMatch(text, answers[item])),
                Result("f1", (text, item) => comparison.F1(text, answers[item]))]
            : [Result("exact_match",
                (text, item) => ScaledAnswer.ExactMatch(comparison.Extract(text), answers[item], Scale(file.Items[item]))),
                Result("f1", (text, item) => ScaledAnswer.F1(comparison.Extract(text), answers[item], Scale(file.Items[item])))]);

        string Scale(TaskItem item) => scale!.Render(item.Fields) is { } word && ScaledAnswer.IsScale(word) ? word
            : throw item.Unusable("'scale' must be thousand, million, billion, percent or nothing");

        TaskResult Result(string metric, Func<string, int, double> compare)
        {
            List<ItemScore> scores = [.. file.Items.Select((item, index) => new ItemScore(item.Id, compare(texts[index].Text, index)))];
            return new TaskResult(Path.GetFileNameWithoutExtension(options.Data), metric, scores.Average(score => score.Score), scores)
            {
                CutCount = prompts.Count(prompt => prompt.IsCut),
            };
        }
    }

    private static IReadOnlyList<string> Answers(TextTemplate answer, TaskItem item) => answer.Evaluate(item.Fields) switch
    {
        IReadOnlyList<object?> { Count: > 0 } several when several.All(one => one is string) => [.. several.Cast<string>()],
        IReadOnlyList<object?> => throw item.Unusable("'answer' must be a text, or texts of which any is right"),
        { } one => [PythonValue.Text(one)],
        null => throw item.Unusable("it has no answer"),
    };
}
