using MergeHost.Benchmarks;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Testing;

namespace MergeHost.LanguageModel.Tests;

/// <summary>Benchmarks on the trained family, against the numbers that transformers gave for it.</summary>
public sealed class BenchmarkTests : IDisposable
{
    private static readonly BenchmarkContext _context =
        new() { Folder = Path.Combine(Fixtures.Suites, "family"), Threads = Environment.ProcessorCount };

    private readonly LanguageModelLoader _loader = new();

    [TorchTheory]
    [InlineData("base")]
    [InlineData("finance")]
    [InlineData("math")]
    [InlineData("japanese")]
    public void Perplexity_OfTheFamily_IsWithin1e4OfTransformers(string model)
    {
        using ICheckpointReader checkpoint = Fixtures.Family(model);
        foreach (string text in new[] { "finance", "general", "japanese", "japanese_finance", "math" })
        {
            BenchmarkResult result = new PerplexityBenchmark(_loader)
                .Run(checkpoint, new PerplexityOptions { Data = $"{text}.txt" }, _context);
            double expected = Oracle.Perplexity(model, text);
            Assert.Equal(expected, result.Tasks[0].Value, 1e-4 * expected);
        }
    }

    [TorchTheory]
    [InlineData("base", "arithmetic", "finance_facts", "finance_words", "general_cloze", "general_order", "general_words", "japanese",
        "japanese_finance", "math_order", "math_words")]
    [InlineData("finance", "finance_facts", "finance_words")]
    [InlineData("math", "math_words")]
    [InlineData("japanese", "japanese", "japanese_finance")]
    public void MultipleChoice_OfTheFamily_IsRightWhereTransformersIs(string model, params string[] tasks)
    {
        using ICheckpointReader checkpoint = Fixtures.Family(model);
        foreach (string task in tasks)
        {
            BenchmarkResult result = new MultipleChoiceBenchmark(_loader)
                .Run(checkpoint, new MultipleChoiceOptions { Data = $"{task}.jsonl" }, _context);
            foreach (TaskResult found in result.Tasks)
            {
                Assert.Equal(Oracle.Accuracy(model, task, found.Metric), Math.Round(found.Value, 6));
            }
        }
    }

    [TorchFact]
    public void Perplexity_OfAText_IsThatOfItsItems()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        BenchmarkResult result = new PerplexityBenchmark(_loader)
            .Run(checkpoint, new PerplexityOptions { Data = "japanese_finance.txt" }, _context);
        TaskResult perplexity = result.Tasks[0];
        Assert.Equal(24, perplexity.Count);
        Assert.Equal(5981, perplexity.Items.Sum(item => item.Weight));
        Assert.Equal(perplexity.Value, Math.Exp(-perplexity.Items.Sum(item => item.Score) / 5981), 1e-9);
    }

    [TorchTheory]
    [InlineData("""{"id": "a", "prompt": "x", "choices": [" y", " z"], "answer": 2}""",
        "'answer' is 2; it must be the index or the text of one of 2 choices")]
    [InlineData("""{"id": "a", "prompt": "x", "choices": [" y"], "answer": 0}""",
        "item 'a': 'choices' must be at least two texts that are not empty")]
    [InlineData("""{"id": "a", "prompt": "x", "answer": 0}""", "template '{{choices}}': item 'a': there is no field 'choices'")]
    [InlineData("""{"id": "a" "prompt": "x"}""", "(1): this is no item")]
    [InlineData("", "the file holds no item")]
    public void MultipleChoice_WhenALineIsNoItem_NamesFileAndLine(string line, string message)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(Path.Combine(folder.Path, "items.jsonl"), line);
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new MultipleChoiceBenchmark(_loader)
            .Run(checkpoint, new MultipleChoiceOptions { Data = "items.jsonl" }, _context with { Folder = folder.Path }));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Perplexity_WhenTheWindowIsLongerThanTheModelsContext_IsRefused()
    {
        using ICheckpointReader checkpoint = Fixtures.Family("base");
        MergeHostException exception = Assert.Throws<MergeHostException>(() => new PerplexityBenchmark(_loader)
            .Run(checkpoint, new PerplexityOptions { Data = "finance.txt", Window = 513 }, _context));
        Assert.Equal(ErrorCodes.CheckpointNotRunnable, exception.Code);
    }

    public void Dispose() => _loader.Dispose();
}
