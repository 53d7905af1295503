using MergeHost.Running.Scheduling;

namespace MergeHost.Tests.Running;

public sealed class BlockSchedulerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Run_RunsEveryBlockOfEveryPassOnce_PassesInOrder(int threads)
    {
        FakeTask[] tasks = [.. Enumerable.Range(0, 20).Select(index => new FakeTask(passes: 1 + (index % 3), blocks: index))];
        List<IBlockTask> completed = [];
        Scheduler(threads).Run(tasks, completed.Add);

        Assert.Equal(tasks.Length, completed.Distinct().Count());
        Assert.All(tasks, task => Assert.Equal(task.Expected, task.Runs.Order()));
        Assert.All(tasks, task => Assert.False(task.WasRunOutOfOrder));
    }

    [Fact]
    public void Run_WhenABlockThrows_StopsAndThrowsIt()
    {
        FakeTask failing = new(1, 5) { OnRun = block => { if (block == 2) { throw new InvalidOperationException("block 2"); } } };

        // An exception takes its time to be thrown: without a pause the others may all be done by then.
        FakeTask[] others = [.. Enumerable.Range(0, 1000).Select(_ => new FakeTask(1, 3) { OnRun = _ => Thread.Sleep(1) })];
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => Scheduler(3).Run([failing, .. others], _ => { }));
        Assert.Equal("block 2", thrown.Message);
        Assert.Contains(others, task => task.Runs.Count == 0);
    }

    [Fact]
    public void Run_WhenCancelled_StopsBetweenBlocks()
    {
        using CancellationTokenSource cancellation = new();
        FakeTask task = new(1, 1000) { OnRun = block => { if (block == 10) { cancellation.Cancel(); } } };
        Assert.Throws<OperationCanceledException>(() => new BlockScheduler(1, 0, cancellation.Token).Run([task], _ => { }));
        Assert.Equal(11, task.Runs.Count);
    }

    [Fact]
    public void Run_WithTasksThatNeedMemory_NeverTakesMoreThanThereIsUnlessOneAloneNeedsIt()
    {
        int running = 0;
        int most = 0;
        FakeTask[] tasks = [.. Enumerable.Range(0, 8).Select(_ => new FakeTask(1, 1) { NeededBytes = 60, OnRun = _ => Enter() })];
        FakeTask large = new(1, 1) { NeededBytes = 500 };
        new BlockScheduler(4, 130, default).Run([.. tasks, large], _ => Interlocked.Decrement(ref running));
        Assert.InRange(most, 1, 2);
        Assert.Single(large.Runs);

        void Enter()
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Thread.Sleep(5);
        }
    }

    [Fact]
    public void Run_WithTasksThatHadBetterBeAlone_BeginsThemOneAfterTheOther()
    {
        int running = 0;
        int most = 0;
        FakeTask[] tasks = [.. Enumerable.Range(0, 8)
            .Select(_ => new FakeTask(1, 1) { CanBeginBesideOthers = false, OnRun = _ => Enter() })];
        new BlockScheduler(4, 0, default).Run(tasks, _ => Interlocked.Decrement(ref running));
        Assert.Equal(1, most);
        Assert.All(tasks, task => Assert.Single(task.Runs));

        void Enter() => most = Math.Max(most, Interlocked.Increment(ref running));
    }

    private static BlockScheduler Scheduler(int threads) => new(threads, 0, default);

    private sealed class FakeTask(int passes, int blocks) : IBlockTask
    {
        private int _pass;

        public List<(int Pass, int Block)> Runs { get; } = [];

        public bool WasRunOutOfOrder { get; private set; }

        public Action<int>? OnRun { get; init; }

        public IEnumerable<(int Pass, int Block)> Expected =>
            Enumerable.Range(0, passes).SelectMany(pass => Enumerable.Range(0, blocks).Select(block => (pass, block)));

        public ITensorPhase? Phase { get; private set; }

        public long NeededBytes { get; init; }

        public bool CanBeginBesideOthers { get; init; } = true;

        public void Begin() => Phase = new FakePhase(this, 0, blocks);

        public void Advance(BlockWorker worker) => Phase = ++_pass < passes ? new FakePhase(this, _pass, blocks) : null;

        private sealed class FakePhase(FakeTask task, int pass, int blocks) : ITensorPhase
        {
            public int BlockCount => blocks;

            public void Run(int block, BlockWorker worker)
            {
                lock (task.Runs)
                {
                    task.WasRunOutOfOrder |= pass != task._pass;
                    task.Runs.Add((pass, block));
                }

                task.OnRun?.Invoke(block);
            }
        }
    }
}
