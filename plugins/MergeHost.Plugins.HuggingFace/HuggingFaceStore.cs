using System.Collections.Concurrent;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>Models of the Hugging Face Hub, and of the cache that its programs share.</summary>
/// <remarks>A revision is asked for once; what it is then, it stays as long as the store lives.</remarks>
[CheckpointStore("huggingface", Names = ["hf:*", "*/*"])]
public sealed class HuggingFaceStore : ICheckpointStore, IDisposable
{
    private readonly ConcurrentDictionary<HubName, Lazy<HubRepository>> _repositories = [];
    private readonly Lazy<HubConnection> _hub = new(() => new HubConnection(HubSettings.Read(Environment.GetEnvironmentVariable)));

    /// <inheritdoc/>
    public CheckpointFiles? Find(string name)
    {
        if (HubName.TryParse(name) is not { } parsed)
        {
            return null;
        }

        // Without 'hf:' a path may be meant.
        string missing = name.StartsWith(HubName.Scheme, StringComparison.Ordinal) ? "" : $"there is no file or folder '{name}' here, and of the hub ";
        return HubProblem.Told(() => HubFiles.At(Open(parsed with { Path = "" }), parsed.Path), missing);
    }

    /// <summary>Lists revisions where the <c>*</c> is in the revision, and files and folders where it is in the path below it.</summary>
    /// <inheritdoc/>
    public IReadOnlyList<string> List(string pattern) => HubPattern.TryParse(pattern) is not { } parsed ? []
        : HubProblem.Told<IReadOnlyList<string>>(() => parsed.IsOfRevisions
            ? [.. HubRepository.RevisionsOf(_hub.Value, parsed.Name.Repository, CancellationToken.None).Select(parsed.OfRevision)]
            : [.. Open(parsed.Name with { Path = "" }).Files.Select(file => parsed.OfFile(file.Path)).OfType<string>().Distinct()]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_hub.IsValueCreated)
        {
            _hub.Value.Dispose();
        }
    }

    private HubRepository Open(HubName name) =>
        _repositories.GetOrAdd(name, _ => new Lazy<HubRepository>(() => HubRepository.Open(_hub.Value, name, CancellationToken.None))).Value;
}
