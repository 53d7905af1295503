using System.Diagnostics;
using System.Runtime.ExceptionServices;
using MergeHost.Timing;

namespace MergeHost.Running.Scheduling;

/// <summary>Runs tasks block by block on some threads, few tasks at a time and in order, so that memory
/// stays bounded and files are read on.</summary>
/// <remarks>
/// A task that has no block left to give does not hold the threads up: they turn to the next. The first exception stops all and is
/// thrown to the caller, as is cancellation.
/// </remarks>
internal sealed class BlockScheduler(int threads, long memoryBytes, CancellationToken cancellation)
{
    private readonly object _lock = new();
    private readonly List<Active> _active = [];
    private readonly Queue<IBlockTask> _waiting = [];
    private Action<IBlockTask> _completed = _ => { };
    private ExceptionDispatchInfo? _failure;
    private long _neededBytes;

    /// <summary>Runs tasks to their end.</summary>
    /// <param name="tasks">The tasks, in the order in which they are begun.</param>
    /// <param name="completed">Told of each task that is done, from any thread, one at a time.</param>
    public void Run(IEnumerable<IBlockTask> tasks, Action<IBlockTask> completed)
    {
        foreach (IBlockTask task in tasks)
        {
            _waiting.Enqueue(task);
        }

        _completed = completed;
        using CancellationTokenRegistration wake = cancellation.Register(() =>
        {
            lock (_lock)
            {
                Monitor.PulseAll(_lock);
            }
        });
        Thread[] others = [.. Enumerable.Range(1, threads - 1)
            .Select(index => new Thread(Work) { IsBackground = true, Name = $"merge {index}" })];
        Array.ForEach(others, thread => thread.Start());
        Work();
        Array.ForEach(others, thread => thread.Join());
        _failure?.Throw();
        cancellation.ThrowIfCancellationRequested();
    }

    private void Work()
    {
        using BlockWorker worker = new();
        try
        {
            while (Take() is var (active, block))
            {
                using Activity? step = Step.Begin(Step.Compute);
                active.Phase.Run(block, worker);
                Finish(active, worker);
            }
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                _failure ??= ExceptionDispatchInfo.Capture(exception);
                Monitor.PulseAll(_lock);
            }
        }
    }

    // The next block of the oldest task that has one; waits while others may bring some; null when there is nothing left to do.
    private (Active Active, int Block)? Take()
    {
        lock (_lock)
        {
            while (_failure is null && !cancellation.IsCancellationRequested)
            {
                if (_active.Find(active => active.NextBlock < active.Phase.BlockCount) is { } ready)
                {
                    return (ready, ready.NextBlock++);
                }

                if (_waiting.TryPeek(out IBlockTask? task) && HasRoom(task))
                {
                    Begin(_waiting.Dequeue());
                }
                else if (_active.Count == 0)
                {
                    return null;
                }
                else
                {
                    using Activity? step = Step.Begin(Step.Wait);
                    Monitor.Wait(_lock);
                }
            }

            return null;
        }
    }

    private bool HasRoom(IBlockTask task) =>
        _active.Count == 0 || (_active.Count < 2 * threads && _neededBytes + task.NeededBytes <= memoryBytes && task.CanBeginBesideOthers);

    private void Begin(IBlockTask task)
    {
        task.Begin();
        if (task.Phase is { BlockCount: > 0 } phase)
        {
            _neededBytes += task.NeededBytes;
            _active.Add(new Active(task, phase));
            Monitor.PulseAll(_lock);
            return;
        }

        // An empty tensor has passes without blocks.
        using BlockWorker worker = new();
        while (task.Phase is not null)
        {
            task.Advance(worker);
        }

        _completed(task);
    }

    private void Finish(Active active, BlockWorker worker)
    {
        lock (_lock)
        {
            if (++active.Done < active.Phase.BlockCount)
            {
                return;
            }
        }

        // No block of the task is under way, and none is given out until it has a new phase.
        active.Task.Advance(worker);
        lock (_lock)
        {
            if (active.Task.Phase is { } next)
            {
                active.Start(next);
            }
            else
            {
                _active.Remove(active);
                _neededBytes -= active.Task.NeededBytes;
                _completed(active.Task);
            }

            Monitor.PulseAll(_lock);
        }
    }

    private sealed class Active(IBlockTask task, ITensorPhase phase)
    {
        public IBlockTask Task { get; } = task;

        public ITensorPhase Phase { get; private set; } = phase;

        public int NextBlock { get; set; }

        public int Done { get; set; }

        public void Start(ITensorPhase next)
        {
            Phase = next;
            NextBlock = 0;
            Done = 0;
        }
    }
}
