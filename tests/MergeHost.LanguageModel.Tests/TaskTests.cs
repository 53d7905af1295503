using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Runtimes;
using MergeHost.Testing;
using Model = MergeHost.Plugins.LanguageModel.LanguageModel;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Templates, examples, labels and generated answers.</summary>
public sealed class TaskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LanguageModelLoader _loader = new();
    private readonly ICheckpointReader _checkpoint = Fixtures.Family("base");

    private BenchmarkContext Context => new() { Folder = _folder.Path };

    [TorchFact]
    public void MultipleChoice_OfTemplatesAndExamples_IsThatOfTheSameTextsWrittenOut()
    {
        Write("dev.jsonl", """{"q": "one", "label": 0}""", """{"q": "two", "label": 1}""", """{"q": "never", "label": 1}""");
        Write("items.jsonl", """{"id": "a", "q": "red", "label": 1}""", """{"id": "b", "q": "blue whale", "label": "no"}""");
        Write("plain.jsonl",
            """{"id": "a", "prompt": "Q: one? no\n\nQ: two? yes\n\nQ: red?", "choices": [" no", " yes"], "answer": 1}""",
            """{"id": "b", "prompt": "Q: one? no\n\nQ: two? yes\n\nQ: blue whale?", "choices": [" no", " yes"], "answer": 0}""");
        MultipleChoiceOptions options = new()
        {
            Data = "items.jsonl",
            Prompt = "Q: {{q}}?",
            Delimiter = " ",
            Choices = "{{['no', 'yes']}}",
            Answer = "{{label}}",
            Shots = 2,
            ShotsData = "dev.jsonl",
        };
        BenchmarkResult found = new MultipleChoiceBenchmark(_loader).Run(_checkpoint, options, Context);
        BenchmarkResult plain = new MultipleChoiceBenchmark(_loader)
            .Run(_checkpoint, new MultipleChoiceOptions { Data = "plain.jsonl" }, Context);
        Assert.Equal(plain.Tasks[0].Items, found.Tasks[0].Items);
        Assert.Equal("macro_f1", found.Tasks[2].Metric);
    }

    /// <summary>lm-evaluation-harness 0.4.13's numbers; <c>fixtures/long/make.py</c> wrote them.</summary>
    [TorchFact]
    public void Choose_WhenItemsAreLongerThanTheModelReads_ReadsTheirEndsAsTheHarnessDoes()
    {
        string path = Fixtures.File("long", "chosen.jsonl");
        Model model = _loader.Load(_checkpoint, ModelPrecision.Float32, Context);
        foreach (TaskItem item in TaskItem.ReadAll(path))
        {
            ChoiceQuestion question = new(item, (string)item.Fields["prompt"]!, "", Texts(item, "choices"), 0);
            (IReadOnlyList<ScoredPrompt> prompts, _) = question.Encode(model);
            double[] found = [.. model.Score(prompts, Context).SelectMany(choices => choices)
                .Select(tokens => tokens.Sum(token => token.LogLikelihood))];
            Assert.All(((IReadOnlyList<object?>)item.Fields["loglikelihoods"]!).Cast<double>().Zip(found),
                pair => Assert.Equal(pair.First, pair.Second, 1e-3));
        }

        TaskResult result = new MultipleChoiceBenchmark(_loader)
            .Run(_checkpoint, new MultipleChoiceOptions { Data = path }, Context).Tasks[0];
        Assert.Equal((7, 6), (result.Count, result.CutCount));

        static IReadOnlyList<string> Texts(TaskItem item, string field) =>
            [.. ((IReadOnlyList<object?>)item.Fields[field]!).Cast<string>()];
    }

    [TorchFact]
    public void Generate_WhenPromptsLeaveNoRoom_ReadsTheirEndsAsTheHarnessDoes()
    {
        GenerateOptions options = new() { Data = Fixtures.File("long", "written.jsonl"), MaxTokens = 12, Stop = "\n" };
        TaskResult found = new GenerateBenchmark(_loader).Run(_checkpoint, options, Context).Tasks[0];
        Assert.All(found.Items, item => Assert.Equal(1, item.Score));
        Assert.Equal((3, 2), (found.Count, found.CutCount));
    }

    // By TAT-QA's tatqa_metric.py.
    [Theory]
    [InlineData("12.6 million", new[] { "12.6" }, "million", 1, 1)]
    [InlineData("$12,600,000", new[] { "12.6" }, "million", 1, 1)]
    [InlineData("12.6", new[] { "12.6" }, "million", 0, 0)]
    [InlineData("(12.60)", new[] { "-12.6" }, "", 1, 1)]
    [InlineData("23.42%", new[] { "23.42" }, "percent", 1, 1)]
    [InlineData("0.2342", new[] { "23.42" }, "percent", 1, 1)]
    [InlineData("2018; the 2019", new[] { "2019", "2018" }, "", 1, 1)]
    [InlineData("2019", new[] { "2019", "2018" }, "", 0, 0.67)]
    [InlineData("fixed-price contracts", new[] { "Fixed-price type contracts" }, "", 0, 0.8)]
    public void Scaled_OfPartsAndScales_IsTatQasMetric(string text, string[] parts, string scale, double exact, double f1)
    {
        Assert.Equal(exact, ScaledAnswer.ExactMatch(text, parts, scale));
        Assert.Equal(f1, ScaledAnswer.F1(text, parts, scale));
    }

    [TorchFact]
    public void Generate_WhenTheAnswerMayFillAll_SaysSo()
    {
        Write("items.jsonl", """{"prompt": "a", "answer": "b"}""");
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new GenerateBenchmark(_loader)
            .Run(_checkpoint, new GenerateOptions { Data = "items.jsonl", MaxTokens = 512 }, Context));
        Assert.Contains("512 tokens leaves no room", exception.Message, StringComparison.Ordinal);
    }

    [TorchTheory]
    [InlineData(0, null, "'shots' needs 'shots_data'")]
    [InlineData(2, "items.jsonl", "examples must come from another file than the questions")]
    [InlineData(2, "dev.jsonl", "the file holds 1 items, 'shots' is 2")]
    public void Run_WhenExamplesDoNotSuit_SaysWhy(int shots, string? data, string message)
    {
        Write("items.jsonl", """{"prompt": "a", "answer": "b"}""");
        Write("dev.jsonl", """{"prompt": "a", "answer": "b"}""");
        GenerateOptions options = new() { Data = "items.jsonl", Shots = Math.Max(1, shots), ShotsData = data };
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new GenerateBenchmark(_loader)
            .Run(_checkpoint, options, Context));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    // transformers goes on with: ", and the United States, and the United States …" (fixtures/family/generated.jsonl).
    [TorchTheory]
    [InlineData(", and the United States", 5, null, 1, 1)]
    [InlineData("States", 6, @"United (\w+)", 1, 1)]
    [InlineData("United Kingdom", 6, "United .*", 0, 0.5)]
    [InlineData("nothing", 4, "never", 0, 0)]
    public void Generate_ComparedWithTheAnswer_CountsWhatThePatternFinds(string answer, int tokens, string? pattern, double exact,
        double f1)
    {
        Write("items.jsonl", $$"""{"prompt": "The President of the United States", "answer": ["no", "{{answer}}"]}""");
        GenerateOptions options = new() { Data = "items.jsonl", MaxTokens = tokens, Pattern = pattern };
        BenchmarkResult found = new GenerateBenchmark(_loader).Run(_checkpoint, options, Context);
        Assert.Equal(exact, found.Tasks[0].Value);
        Assert.Equal(f1, found.Tasks[1].Value, 1e-9);
    }

    [Theory]
    [InlineData("$1,234 ", "1234", 1)]
    [InlineData("YES", "yes", 1)]
    [InlineData("12340", "1234", 0)]
    public void ExactMatch_IgnoresWhatItIsTold(string text, string answer, double expected) =>
        Assert.Equal(expected,
            new GeneratedAnswer(new GenerateOptions { Data = "", Ignore = "[,$]", IgnoreCase = true }).ExactMatch(text, [answer]));

    public void Dispose()
    {
        _loader.Dispose();
        _checkpoint.Dispose();
        _folder.Dispose();
    }

    private void Write(string name, params string[] lines) => File.WriteAllLines(Path.Combine(_folder.Path, name), lines);
}
