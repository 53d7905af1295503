using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>The files of a folder on this machine.</summary>
public sealed class LocalCheckpointFiles : CheckpointFiles
{
    private readonly string _folder;
    private readonly Lazy<IReadOnlyList<string>> _names;
    private readonly Lazy<IReadOnlyList<string>> _folders;

    private LocalCheckpointFiles(string folder, string? named)
    {
        _folder = folder;
        Named = named;
        _names = new Lazy<IReadOnlyList<string>>(() => List(Location, Directory.EnumerateFiles));
        _folders = new Lazy<IReadOnlyList<string>>(() => List(Location, Directory.EnumerateDirectories));
    }

    /// <inheritdoc/>
    public override string Location => _folder.Length == 0 ? "." : _folder;

    /// <inheritdoc/>
    public override string? Named { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => _names.Value;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Folders => _folders.Value;

    /// <summary>The files that a path stands for: those of a folder, or of the folder that a file is in.</summary>
    public static LocalCheckpointFiles At(string path) => Directory.Exists(path)
        ? new LocalCheckpointFiles(path, null)
        : new LocalCheckpointFiles(System.IO.Path.GetDirectoryName(path) ?? "", System.IO.Path.GetFileName(path));

    /// <inheritdoc/>
    public override string PathOf(string name) => System.IO.Path.Combine(_folder, name);

    /// <inheritdoc/>
    public override bool Has(string name) => File.Exists(PathOf(name));

    /// <inheritdoc/>
    public override IReadOnlyList<string> NamesIn(string folder)
    {
        string path = PathOf(folder);
        return Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null ? List(path, Directory.EnumerateFiles) : [];
    }

    /// <inheritdoc/>
    public override CheckpointFile Open(string name) => WeightFile.Open(PathOf(name));

    /// <inheritdoc/>
    public override string? IdentityOf(string name)
    {
        string path = PathOf(name);
        try
        {
            return FileIdentity.TryOf(path)?.ToString();
        }
        catch (IOException exception)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    public override string? StrayTarget(string name) => ShardLink.Stray(Location, name);

    /// <inheritdoc/>
    public override CompanionFile? Companion(string name)
    {
        string path = PathOf(name);
        try
        {
            if (FileIdentity.TryOf(path) is null)
            {
                return new FileInfo(path).LinkTarget is { } target
                    ? throw Unusable($"the link leads to '{target}', which is not there", "Download the file again.")
                    : null;
            }

            if (StrayTarget(name) is { } stray)
            {
                throw Unusable($"the file is a link to '{stray}', outside of the checkpoint's folder",
                    "Put the file itself into the folder.");
            }

            if (FileKind.Unusual(path) is { } kind)
            {
                throw Unusable($"expected a file, found {kind}", "Remove it, or put the file itself into the folder.");
            }

            File.OpenHandle(path).Dispose();
            return new CompanionFile(name, () => BoundedFile.Open(path)) { Path = path };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CheckpointException.Unreadable(path,
                exception is UnauthorizedAccessException ? "access is denied" : exception.Message.TrimEnd('.'), exception);
        }

        CheckpointException Unusable(string reason, string hint) =>
            new(new Problem(ErrorCodes.CheckpointUnreadable, $"{path}: {reason}", hint));
    }

    private static string[] List(string folder, Func<string, IEnumerable<string>> enumerate)
    {
        try
        {
            return [.. enumerate(folder).Select(path => System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CheckpointException.Unreadable(folder,
                exception is UnauthorizedAccessException ? "access is denied" : exception.Message.TrimEnd('.'), exception);
        }
    }
}
