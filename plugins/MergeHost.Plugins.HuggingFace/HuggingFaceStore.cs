using System.Collections.Concurrent;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Copies;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Plugins.HuggingFace.Publishing;
using MergeHost.Stores;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>Models of the Hugging Face Hub, and of the cache that its programs share.</summary>
/// <remarks>A revision is asked for once; what it is then, it stays as long as the store lives.</remarks>
[CheckpointStore("huggingface", Names = ["hf:*", "hf-dataset:*", "*/*"])]
public sealed class HuggingFaceStore : ICheckpointStore, ICheckpointCache, ICheckpointPublisher, IDisposable
{
    private readonly ConcurrentDictionary<HubName, Lazy<HubRepository>> _repositories = [];
    private readonly Lazy<HubConnection> _hub = new(() => new HubConnection(HubSettings.Read(Environment.GetEnvironmentVariable)));

    /// <inheritdoc/>
    public string Folder => HubProblem.Told(() => _hub.Value.Settings.CacheFolder);

    /// <inheritdoc/>
    public CheckpointFiles? Find(string name)
    {
        if (HubName.TryParse(name) is not { } parsed)
        {
            return null;
        }

        // Without 'hf:' a path may be meant.
        string missing = name.StartsWith(parsed.Id.Scheme, StringComparison.Ordinal)
            ? ""
            : $"there is no file or folder '{name}' here, and of the hub ";
        return HubProblem.Told(() => HubFiles.At(Open(parsed with { Path = "" }), parsed.Path), missing);
    }

    /// <summary>Lists revisions where the <c>*</c> is in the revision, and files and folders where it is in the path below it.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<string> List(string pattern) => HubPattern.TryParse(pattern) is not { } parsed ? []
        : HubProblem.Told<IReadOnlyList<string>>(() => parsed.IsOfRevisions
            ? [.. HubRepository.RevisionsOf(_hub.Value, parsed.Name.Id, CancellationToken.None).Select(parsed.OfRevision)]
            : [.. Open(parsed.Name with { Path = "" }).Files.Select(file => parsed.OfFile(file.Path)).OfType<string>().Distinct()]);

    /// <inheritdoc/>
    public IReadOnlyList<CachedCheckpoint> List() => HubProblem.Told(() => Inventory.List());

    /// <inheritdoc/>
    public IReadOnlyList<RemovedCopy> Prune(IReadOnlyList<string> names, bool detached, bool isTrial) =>
        HubProblem.Told(() => Inventory.Prune(names, detached, isTrial));

    /// <inheritdoc/>
    public IReadOnlyList<DamagedCopy> Verify(IReadOnlyList<string> names, IProgress<TransferProgress>? progress,
        CancellationToken cancellation) =>
        HubProblem.Told(() => Inventory.Verify(names, progress, cancellation));

    /// <inheritdoc/>
    public void Remove(IReadOnlyList<DamagedCopy> damaged) => HubProblem.Told(() => CacheInventory.Remove(damaged));

    /// <inheritdoc/>
    public bool Accepts(string name)
    {
        if (HubName.TryParse(name) is not { IsDataset: false, Path: "" } parsed)
        {
            return false;
        }

        HubProblem.Told(() => HubPublisher.CheckToken(_hub.Value, parsed));
        return true;
    }

    /// <inheritdoc/>
    public PublishedCheckpoint Publish(PublishRequest request, Action<string>? tell, IProgress<TransferProgress>? progress,
        CancellationToken cancellation) =>
        HubProblem.Told(() => new HubPublisher(_hub.Value, HubName.TryParse(request.Name)!, request, tell ?? (_ => { }), progress)
            .Run(cancellation));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_hub.IsValueCreated)
        {
            _hub.Value.Dispose();
        }
    }

    private CacheInventory Inventory => new(_hub.Value.Settings);

    private HubRepository Open(HubName name) =>
        _repositories.GetOrAdd(name,
            _ => new Lazy<HubRepository>(() => HubRepository.Open(_hub.Value, name, CancellationToken.None))).Value;
}
