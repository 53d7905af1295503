using System.Runtime.ExceptionServices;

namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>Runs independent parts of a computation on up to some threads.</summary>
internal sealed class Workers(int threads)
{
    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = threads };

    /// <summary>Cuts a length into parts, in the same way for any number of threads, and runs them in any order.</summary>
    /// <param name="length">What to cut.</param>
    /// <param name="size">The length of each part but the last, which may be shorter.</param>
    /// <param name="part">Given a part's start and length; later parts should not be more work than earlier ones.</param>
    public void Run(int length, int size, Action<int, int> part)
    {
        int count = (length + size - 1) / size;
        if (threads > 1 && count > 1)
        {
            RunTogether(count, i => part(i * size, int.Min(size, length - (i * size))));
            return;
        }

        for (int start = 0; start < length; start += size)
        {
            part(start, int.Min(size, length - start));
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
