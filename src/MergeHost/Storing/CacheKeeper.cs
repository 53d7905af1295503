using MergeHost.Models;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Stores;

namespace MergeHost.Storing;

/// <summary>Looks after the copies that stores keep on this machine.</summary>
internal sealed class CacheKeeper(PluginSet plugins, PluginHost host)
{
    private readonly StoreSet _stores = new(plugins, host);

    /// <summary>Lists the copies.</summary>
    /// <exception cref="MergeHostException">No store keeps any, or they cannot be read.</exception>
    public CacheSummary List() => new([.. All(cache => cache.Folder)], [.. All(cache => cache.List()).SelectMany(copies => copies)]);

    /// <summary>Removes copies.</summary>
    /// <exception cref="MergeHostException">A name is not there, or something cannot be removed.</exception>
    public IReadOnlyList<RemovedCopy> Prune(IReadOnlyList<string> names, bool detached, bool isTrial) =>
        [.. All(cache => cache.Prune(names, detached, isTrial)).SelectMany(removed => removed)];

    /// <summary>Compares copies with their digests.</summary>
    /// <param name="names">The checkpoints; none for all.</param>
    /// <param name="removes">Whether damaged files are removed.</param>
    /// <param name="progress">Told of the progress.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns>What is wrong.</returns>
    /// <exception cref="MergeHostException">A name is not there, or a file cannot be read or removed.</exception>
    public IReadOnlyList<Problem> Verify(IReadOnlyList<string> names, bool removes, IProgress<MergeProgress>? progress,
        CancellationToken cancellation) =>
    [
        .. All(cache =>
        {
            IReadOnlyList<DamagedCopy> damaged = cache.Verify(names, Transfer.Of(progress), cancellation);
            if (removes)
            {
                cache.Remove(damaged);
            }

            return damaged;
        }).SelectMany(damaged => damaged).Select(copy => new Problem(ErrorCodes.HubDamaged, $"{copy.Name}: {copy.Reason} ('{copy.Path}')",
            removes
                ? "It was removed; it is fetched again when it is needed."
                : "Remove it by `mergehost cache verify --remove`; it is fetched again when it is needed.")),
    ];

    private List<T> All<T>(Func<ICheckpointCache, T> work) => _stores.Ask(work).ToList() is { Count: > 0 } results ? results
        : throw new MergeHostException([new Problem(ErrorCodes.NoStore, "no installed store keeps copies of checkpoints",
            "Install the plugin 'huggingface'.")]);
}
