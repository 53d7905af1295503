using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Running.Checks;

/// <summary>Makes the files of stores ready before their data is read.</summary>
internal static class InputFetch
{
    /// <summary>Fetches all files that a store does not have near, and checks those that it has; or has them read where they are.</summary>
    /// <param name="files">The files that are going to be read; those of this machine are ready.</param>
    /// <param name="streams">Whether none is fetched; without it, only those are not for whose copies there is no room.</param>
    /// <param name="warnings">Told where there is no room.</param>
    /// <param name="progress">Told of the bytes that are there, from any thread.</param>
    /// <param name="cancellation">Asks to stop; what came is kept.</param>
    /// <exception cref="CheckpointException">A file cannot be had, or is not what it was.</exception>
    public static void Run(IEnumerable<InputFile> files, bool streams, Action<Problem>? warnings, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        IGrouping<CheckpointFiles, InputFile>[] stores = [.. ByStore(files)];
        long totalBytes = stores.Sum(store => store.Sum(file => file.LengthBytes));
        long doneBytes = 0;
        for (int i = 0; i < stores.Length; i++)
        {
            string[] names = [.. stores[i].Select(file => file.Key)];
            if (streams || !HasRoom(stores[i].Key, names, warnings))
            {
                stores[i].Key.Stream(names);
            }
            else
            {
                stores[i].Key.Fetch(names, progress is null ? null : new Part(progress, doneBytes, totalBytes, i, stores.Length),
                    cancellation);
            }

            doneBytes += stores[i].Sum(file => file.LengthBytes);
        }
    }

    /// <summary>Says which files were read where they are, and could not be compared with their digests.</summary>
    public static Problem? Uncompared(IEnumerable<InputFile> files)
    {
        string[] paths = [.. ByStore(files)
            .SelectMany(store => store.Key.Uncompared([.. store.Select(file => file.Key)]).Select(store.Key.PathOf))];
        return paths.Length == 0 ? null : new Problem(ErrorCodes.NotCompared,
            $"{paths.Length} files were not compared with their digests, since they were not read whole and in order in this run, first "
                + $"'{paths[0]}'",
            "To have every byte compared, merge without `--stream`.", null, Severity.Warning);
    }

    /// <summary>Fetches some files of a checkpoint.</summary>
    /// <inheritdoc cref="Run(IEnumerable{InputFile}, bool, Action{Problem}, IProgress{MergeProgress}, CancellationToken)"/>
    public static void Run(CheckpointFiles files, IReadOnlyList<string> names, IProgress<MergeProgress>? progress,
        CancellationToken cancellation)
    {
        long totalBytes = names.Sum(name =>
        {
            using CheckpointFile file = files.Open(name);
            return file.LengthBytes;
        });
        files.Fetch(names, progress is null ? null : new Part(progress, 0, totalBytes, 0, 1), cancellation);
    }

    private static IEnumerable<IGrouping<CheckpointFiles, InputFile>> ByStore(IEnumerable<InputFile> files) =>
        files.Where(file => file.Store is not null).DistinctBy(file => file.Path).GroupBy(file => file.Store!);

    private static bool HasRoom(CheckpointFiles store, string[] names, Action<Problem>? warnings)
    {
        long missingBytes = store.MissingBytes(names);
        if (missingBytes == 0 || store.Copies is not { } copies || missingBytes <= copies.FreeBytes)
        {
            return true;
        }

        warnings?.Invoke(new Problem(ErrorCodes.HubCache, string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{store.Path}: {missingBytes:N0} bytes are to be downloaded, and the cache has room for {copies.FreeBytes:N0}; the model is "
                + $"read by ranges, and not kept"),
            "Make room, or name another folder by HF_HUB_CACHE.", null, Severity.Warning));
        return false;
    }

    private sealed class Part(IProgress<MergeProgress> whole, long before, long totalBytes, int done, int total) : IProgress<long>
    {
        public void Report(long value) => whole.Report(new MergeProgress("downloads", before + value, totalBytes, done, total));
    }
}
