using MergeHost.Benchmarks;
using MergeHost.Evaluation.Measuring;
using MergeHost.Testing;

namespace MergeHost.Tests.Evaluation;

public sealed class ResultCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void FindResults_OfWhatWasKept_GivesItBackWhole()
    {
        TaskResult result = new("task", "perplexity", 12.5, [new ItemScore("0", -2.5, 3)])
        {
            HigherIsBetter = false,
            Aggregation = Aggregation.Perplexity,
            Interval = (1, 2)
        };
        new ResultCache(_folder.Path).AddResults("weights", "task", [result]);
        TaskResult found = Assert.Single(new ResultCache(_folder.Path).FindResults("weights", "task")!);
        Assert.Equal(result with { Items = found.Items }, found);
        Assert.Equal(result.Items, found.Items);
        Assert.Null(new ResultCache(_folder.Path).FindResults("weights", "other"));
    }

    // The perplexity of a broken model, and a mean of nothing.
    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void FindResults_OfAValueThatIsNotFinite_GivesItBack(double value)
    {
        new ResultCache(_folder.Path)
            .AddResults("weights", "task", [new TaskResult("task", "perplexity", value, [new ItemScore("0", -value, 3)])]);
        TaskResult found = Assert.Single(new ResultCache(_folder.Path).FindResults("weights", "task")!);
        Assert.Equal((value, -value), (found.Value, found.Items[0].Score));
    }

    [Fact]
    public void AddResults_WhileAnotherProcessWritesTheSame_KeepsThem()
    {
        new ResultCache(_folder.Path).AddResults("weights", "task", []);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(_folder.Path, "results")));
        using FileStream other = new(file + ".partial", FileMode.Create, FileAccess.Write, FileShare.None);
        new ResultCache(_folder.Path).AddResults("weights", "task", [new TaskResult("task", "acc", 1, [])]);
        Assert.Single(new ResultCache(_folder.Path).FindResults("weights", "task")!);
    }

    [Fact]
    public void FindResults_WithoutAFolder_FindsNothing()
    {
        ResultCache none = new(null);
        none.AddResults("weights", "task", []);
        Assert.Null(none.FindResults("weights", "task"));
    }

    public void Dispose() => _folder.Dispose();
}
