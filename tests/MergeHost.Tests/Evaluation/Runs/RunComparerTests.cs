using MergeHost.Evaluation;
using MergeHost.Evaluation.Reports;
using MergeHost.Testing;

namespace MergeHost.Tests.Evaluation.Runs;

public sealed class RunComparerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void CompareRuns_OfSamplesOfTheHarness_PairsItemsAndFilters()
    {
        string harness = Path.Combine(AppContext.BaseDirectory, "fixtures", "lm-eval", "results", "plain");
        RunComparison found = EvaluationEngine.CompareRuns([harness, harness]);
        Assert.Equal(["acc", "acc_norm", "bits_per_byte", "exact_match,first-number", "exact_match,whole", "word_perplexity"],
            found.Pairs.Select(pair => pair.Metric).Order(StringComparer.Ordinal));
        Assert.All(found.Pairs, pair => Assert.Equal((3, 0.0, 1.0), (pair.Count, pair.Difference, pair.Probability)));
    }

    // 30 both right, 12 only the first, 5 only the second, 53 both wrong: statsmodels gives 0.143463134765625.
    [Fact]
    public void CompareRuns_OfAnyTool_TestsByTheItemsThatDiffer()
    {
        string first = Write("a.jsonl", Enumerable.Range(0, 100).Select(i => (i, i < 42)));
        string second = Write("b.jsonl", Enumerable.Range(0, 100).Select(i => (i, i is < 30 or >= 95)));
        PairedResult pair = Assert.Single(EvaluationEngine.CompareRuns([first, second]).Pairs);
        Assert.Equal((12, 5), (pair.OnlyFirst, pair.OnlySecond));
        Assert.Equal(0.143463134765625, pair.Probability, 1e-12);
        Assert.Equal(-0.07, pair.Difference, 1e-12);
        Assert.True(pair.FirstInterval!.Low < 0.42 && pair.FirstInterval.High > 0.42);
    }

    [Fact]
    public void CompareRuns_OfThree_NamesThoseThatMayBeAsGoodAsTheBest()
    {
        string best = Write("a.jsonl", Enumerable.Range(0, 60).Select(i => (i, i < 50)));
        string near = Write("b.jsonl", Enumerable.Range(0, 60).Select(i => (i, i < 49)));
        string far = Write("c.jsonl", Enumerable.Range(0, 60).Select(i => (i, i < 10)));
        TiedSet tie = Assert.Single(EvaluationEngine.CompareRuns([far, best, near]).Ties);
        Assert.Equal(best, tie.Best);
        Assert.Equal([best, near], tie.Tied);
    }

    [Fact]
    public void CompareRuns_OfOtherItems_IsRefusedByName()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "a.jsonl"), """{"doc_id": 0, "doc_hash": "x", "acc": 1}""");
        File.WriteAllText(Path.Combine(_folder.Path, "b.jsonl"), """{"doc_id": 0, "doc_hash": "y", "acc": 1, "task": "a"}""");
        MergeHostException exception =
            Assert.Throws<MergeHostException>(() =>
                EvaluationEngine.CompareRuns([Path.Combine(_folder.Path, "a.jsonl"), Path.Combine(_folder.Path, "b.jsonl")]));
        Assert.Equal(ErrorCodes.BadTaskData, exception.Code);
        Assert.Contains("item '0'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CompareRuns_OfWhatIsNotThere_NamesAllOfThem()
    {
        string[] paths = [Path.Combine(_folder.Path, "a"), Write("there", [(0, true)]), Path.Combine(_folder.Path, "b.json")];
        MergeHostException exception = Assert.Throws<MergeHostException>(() => EvaluationEngine.CompareRuns(paths));
        Assert.Equal([$"{paths[0]}: there is no such file or folder", $"{paths[2]}: there is no such file or folder"],
            exception.Problems.Select(problem => problem.Message));
        Assert.All(exception.Problems, problem => Assert.Contains("--log_samples", problem.Hint, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private string Write(string name, IEnumerable<(int Id, bool IsRight)> items)
    {
        string path = Path.Combine(_folder.Path, name);
        File.WriteAllLines(path,
            items.Select(item => $$"""{"id": "{{item.Id}}", "task": "t", "right": {{(item.IsRight ? "true" : "false")}}}"""));
        return path;
    }
}
