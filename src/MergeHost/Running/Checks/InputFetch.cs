using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Running.Checks;

/// <summary>Makes the files of stores ready before their data is read.</summary>
internal static class InputFetch
{
    /// <summary>Fetches all files that a store does not have near, and checks those that it has.</summary>
    /// <param name="files">The files that are going to be read; those of this machine are ready.</param>
    /// <param name="progress">Told of the bytes that are there, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what came is kept.</param>
    /// <exception cref="CheckpointException">A file cannot be had, or is not what it was.</exception>
    public static void Run(IEnumerable<InputFile> files, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        IGrouping<CheckpointFiles, InputFile>[] stores = [.. files.Where(file => file.Store is not null).DistinctBy(file => file.Path).GroupBy(file => file.Store!)];
        long totalBytes = stores.Sum(store => store.Sum(file => file.LengthBytes));
        long doneBytes = 0;
        for (int i = 0; i < stores.Length; i++)
        {
            stores[i].Key.Fetch([.. stores[i].Select(file => file.Key)], progress is null ? null : new Part(progress, doneBytes, totalBytes, i, stores.Length), cancellation);
            doneBytes += stores[i].Sum(file => file.LengthBytes);
        }
    }

    /// <summary>Fetches some files of a checkpoint.</summary>
    /// <inheritdoc cref="Run(IEnumerable{InputFile}, IProgress{MergeProgress}?, CancellationToken)"/>
    public static void Run(CheckpointFiles files, IReadOnlyList<string> names, IProgress<MergeProgress>? progress, CancellationToken cancellation)
    {
        long totalBytes = names.Sum(name =>
        {
            using CheckpointFile file = files.Open(name);
            return file.LengthBytes;
        });
        files.Fetch(names, progress is null ? null : new Part(progress, 0, totalBytes, 0, 1), cancellation);
    }

    private sealed class Part(IProgress<MergeProgress> whole, long before, long totalBytes, int done, int total) : IProgress<long>
    {
        public void Report(long value) => whole.Report(new MergeProgress("downloads", before + value, totalBytes, done, total));
    }
}
