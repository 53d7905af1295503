using System.Runtime.ExceptionServices;

namespace MergeHost.Models;

/// <summary>Does several things at once that wait for answers from far away.</summary>
internal static class Together
{
    private const int MostAtOnce = 8;

    /// <summary>Does something for each item, from several threads at once.</summary>
    /// <returns>The results, in the order of the items.</returns>
    /// <exception cref="Exception">It failed; of several failures the one of the first item.</exception>
    public static IReadOnlyList<TResult> Select<T, TResult>(IReadOnlyList<T> items, Func<T, TResult> work)
    {
        TResult[] results = new TResult[items.Count];
        ExceptionDispatchInfo?[] failures = new ExceptionDispatchInfo?[items.Count];
        Parallel.For(0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce }, number =>
        {
            try
            {
                results[number] = work(items[number]);
            }
            catch (Exception exception)
            {
                failures[number] = ExceptionDispatchInfo.Capture(exception);
            }
        });
        failures.FirstOrDefault(failure => failure is not null)?.Throw();
        return results;
    }
}
