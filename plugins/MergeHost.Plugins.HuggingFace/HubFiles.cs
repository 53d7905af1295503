using System.Collections.Concurrent;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>The files of a commit, or of a folder in it. Names that must not become paths are left out.</summary>
internal sealed class HubFiles : CheckpointFiles
{
    private const int MostHeads = 8;

    private readonly HubRepository _repository;
    private readonly string _folder;
    private readonly Dictionary<string, HubEntry> _entries;
    private readonly ConcurrentDictionary<string, HubContent> _contents = [];

    private HubFiles(HubRepository repository, string folder, string? named)
    {
        _repository = repository;
        string prefix = folder.Length == 0 ? "" : folder + "/";
        _entries = repository.Files.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal) && HubPath.IsSafe(file.Path))
            .ToDictionary(file => file.Path[prefix.Length..]);
        _folder = folder;
        Location = $"{repository.Id.Scheme}{repository.Name}@{repository.Commit}{(folder.Length == 0 ? "" : "/" + folder)}";
        Named = named;
        Names = [.. _entries.Keys.Where(name => !name.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Folders = [.. _entries.Keys.Where(name => name.Contains('/', StringComparison.Ordinal))
            .Select(name => name[..name.IndexOf('/', StringComparison.Ordinal)]).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public override string Location { get; }

    /// <inheritdoc/>
    public override string? Named { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Folders { get; }

    /// <summary>The files at a path in a repository.</summary>
    /// <exception cref="HubException">There is nothing.</exception>
    public static HubFiles At(HubRepository repository, string path)
    {
        if (path.Length == 0 || repository.Files.Any(file => file.Path.StartsWith(path + "/", StringComparison.Ordinal)))
        {
            return new HubFiles(repository, path, null);
        }

        int slash = path.LastIndexOf('/');
        return repository.Files.Any(file => file.Path == path)
            ? new HubFiles(repository, slash < 0 ? "" : path[..slash], path[(slash + 1)..])
            : throw new HubException(HubFault.NotFound, $"{repository.Name}@{repository.Commit}", $"there is no file or folder '{path}'");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> NamesIn(string folder) =>
        [.. _entries.Keys.Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).Select(name => name[(folder.Length + 1)..])
            .Where(name => !name.Contains('/', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> AllNames => [.. _entries.Keys.Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public override string PathOf(string name) => $"{Location}/{name}";

    /// <inheritdoc/>
    public override bool Has(string name) => _entries.ContainsKey(name);

    /// <inheritdoc/>
    public override CheckpointFile Open(string name) => new HubFile(PathOf(name), ContentOf(name));

    /// <inheritdoc/>
    public override string? IdentityOf(string name) => Has(name) ? HubProblem.Told(() => ContentOf(name).Identity) : null;

    /// <inheritdoc/>
    public override CompanionFile? Companion(string name) =>
        Has(name) ? new CompanionFile(name, () => Whole(name)) { Path = PathOf(name) } : null;

    /// <inheritdoc/>
    public override void FetchHeads(IReadOnlyList<string> names, Func<string, long> guess)
    {
        (HubContent Content, long LengthBytes)[] heads = [.. names.Select(name => (ContentOf(name), guess(name)))
            .Where(head => head.Item1.Cached is null)];
        Parallel.ForEach(heads, new ParallelOptions { MaxDegreeOfParallelism = MostHeads }, head =>
        {
            try
            {
                head.Content.FetchHead(head.LengthBytes);
            }
            catch (HubException)
            {
                // Told by who reads it.
            }
        });
    }

    /// <inheritdoc/>
    public override long MissingBytes(IReadOnlyList<string> names) =>
        names.Select(name => _entries[name]).Where(file => _repository.Cached(file) is null).Sum(file => file.LengthBytes);

    /// <inheritdoc/>
    public override void Fetch(IReadOnlyList<string> names, IProgress<long>? progress, CancellationToken cancellation) =>
        HubProblem.Told(() =>
            _repository.Download([.. names.Select(name => _entries[name])], progress is null ? null : progress.Report, cancellation));

    /// <inheritdoc/>
    public override void Stream(IReadOnlyList<string> names)
    {
        // What is cached is compared before it is used, as when it is fetched.
        HubProblem.Told(() =>
            _repository.Download([.. names.Select(name => _entries[name]).Where(file => _repository.Cached(file) is not null)], null,
                CancellationToken.None));
        HubStream? before = null;
        foreach (HubContent content in names.Order(StringComparer.Ordinal).Select(ContentOf).Where(content => content.Cached is null))
        {
            HubStream stream = content.BeginStream();
            if (before is not null)
            {
                before.Next = stream;
            }

            before = stream;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Uncompared(IReadOnlyList<string> names) => [.. names.Where(name => ContentOf(name).IsUncompared)];

    /// <inheritdoc/>
    public override CheckpointCopies? Copies =>
        HubProblem.Told(() => new CheckpointCopies(System.IO.Path.Combine(_repository.Snapshot, _folder), _repository.FreeBytes,
            _repository.BytesPerSecond));

    /// <inheritdoc/>
    public override IReadOnlyList<string> Withheld => [.. _repository.Files.Select(file => file.Path).Where(path => !HubPath.IsSafe(path))];

    /// <inheritdoc/>
    public override CheckpointTerms? ReadTerms(CancellationToken cancellation) =>
        HubProblem.Told(() => _repository.Ask(cancellation)) is { } revision
            ? new CheckpointTerms(revision.License, revision.Access)
            : null;

    // Small files are kept, as other programs keep them.
    private Stream Whole(string name)
    {
        HubContent content = ContentOf(name);
        HubProblem.Told(() => content.Keep());
        return OpenStream(name);
    }

    private HubContent ContentOf(string name) => _entries.TryGetValue(name, out HubEntry? entry)
        ? _contents.GetOrAdd(name, _ => new HubContent(_repository, entry))
        : throw CheckpointException.Unreadable(PathOf(name), "there is no such file");
}
