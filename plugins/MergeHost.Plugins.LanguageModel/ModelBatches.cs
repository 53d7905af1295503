using System.Collections.Concurrent;
using MergeHost.Benchmarks;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel;

/// <summary>Divides work among batches of like width, and batches among threads.</summary>
internal static class ModelBatches
{
    /// <summary>Runs rows in batches of at most so many tokens; batches do not depend on the number of threads.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="width">The tokens of a row.</param>
    /// <param name="tokens">The most tokens of a batch, padding included; a single row may have more.</param>
    /// <param name="device">Where the model runs.</param>
    /// <param name="run">Runs a batch, whose last row is the widest; in a dispose scope and without gradients.</param>
    /// <param name="context">How to tell the progress, and how to stop.</param>
    public static void Run<T>(IEnumerable<T> rows, Func<T, int> width, int tokens, Device device, Action<IReadOnlyList<T>> run,
        BenchmarkContext context)
    {
        List<T> ascending = [.. rows.OrderBy(width)];
        int done = 0;
        Lock progress = new();
        ParallelOptions options = new()
        {
            // On the processor, threads that each compute a batch of their own need not wait for each other.
            MaxDegreeOfParallelism = device.type == DeviceType.CPU ? context.Threads : 1,
            CancellationToken = context.Cancellation,
        };
        Parallel.ForEach(Partitioner.Create(Cut(ascending, width, tokens), EnumerablePartitionerOptions.NoBuffering), options, batch =>
        {
            using IDisposable inference = inference_mode();
            using DisposeScope scope = NewDisposeScope();
            run(batch);
            lock (progress)
            {
                done += batch.Count;
                context.Progress?.Report((double)done / ascending.Count);
            }
        });
    }

    private static IEnumerable<List<T>> Cut<T>(List<T> ascending, Func<T, int> width, int tokens)
    {
        int first = 0;
        for (int next = 1; next <= ascending.Count; next++)
        {
            if (next == ascending.Count || (next - first + 1L) * width(ascending[next]) > tokens)
            {
                yield return ascending[first..next];
                first = next;
            }
        }
    }
}
