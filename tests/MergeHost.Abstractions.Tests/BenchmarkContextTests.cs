using MergeHost.Benchmarks;

namespace MergeHost.Abstractions.Tests;

public sealed class BenchmarkContextTests
{
    [Fact]
    public void Each_OfItems_GivesAllInOrderAndTellsTheShareThatIsDone()
    {
        Shares shares = new();
        BenchmarkContext context = new() { Folder = "", Progress = shares };

        Assert.Equal(["a", "b", "c", "d"], context.Each(["a", "b", "c", "d"]));
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], shares.Told);
    }

    [Fact]
    public void Each_WhenAskedToStop_StopsBeforeTheNextItem()
    {
        using CancellationTokenSource stop = new();
        BenchmarkContext context = new() { Folder = "", Cancellation = stop.Token };
        List<int> seen = [];

        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (int item in context.Each([1, 2, 3]))
            {
                seen.Add(item);
                stop.Cancel();
            }
        });
        Assert.Equal([1], seen);
    }

    [Fact]
    public void Model_OfABenchmarkThatDoesNotAskForOne_SaysHowToAsk()
    {
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => new BenchmarkContext { Folder = "" }.Model);

        Assert.Contains("UsesModel = true", exception.Message, StringComparison.Ordinal);
    }

    private sealed class Shares : IProgress<double>
    {
        public List<double> Told { get; } = [];

        public void Report(double value) => Told.Add(value);
    }
}
