using System.Runtime.ExceptionServices;

namespace MergeHost.Kernels.Algebra;

/// <summary>Runs independent parts of a computation on up to some threads.</summary>
internal sealed class Workers(int threads)
{
    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = threads };

    /// <summary>Calls <paramref name="part"/> with 0 to <paramref name="count"/> − 1, in any order; later parts should be the smaller ones.</summary>
    public void Run(int count, Action<int> part)
    {
        if (threads > 1 && count > 1)
        {
            RunTogether(count, part);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            part(i);
        }
    }

    // What a part throws reaches the caller as it does with one thread.
    private void RunTogether(int count, Action<int> part)
    {
        try
        {
            Parallel.For(0, count, _options, part);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }
}
