using MergeHost.Checkpoints;

namespace MergeHost.Storage.Folders;

/// <summary>The files of one folder in a checkpoint's, as a checkpoint.</summary>
/// <param name="files">The checkpoint's.</param>
/// <param name="folder">The folder.</param>
internal sealed class PartFiles(CheckpointFiles files, string folder) : CheckpointFiles
{
    /// <inheritdoc/>
    public override string Location => files.PathOf(folder);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => files.NamesIn(folder);

    /// <inheritdoc/>
    public override CheckpointCopies? Copies => files.Copies;

    /// <inheritdoc/>
    public override string PathOf(string name) => files.PathOf(In(name));

    /// <inheritdoc/>
    public override CheckpointFile Open(string name) => files.Open(In(name));

    /// <inheritdoc/>
    public override string? IdentityOf(string name) => files.IdentityOf(In(name));

    /// <inheritdoc/>
    public override void FetchHeads(IReadOnlyList<string> names, Func<string, long> guess) =>
        files.FetchHeads([.. names.Select(In)], name => guess(name[(folder.Length + 1)..]));

    /// <inheritdoc/>
    public override string? StrayTarget(string name) => files.StrayTarget(In(name));

    /// <inheritdoc/>
    public override CompanionFile? Companion(string name) => files.Companion(In(name)) is { } file ? file with { Name = name } : null;

    private string In(string name) => $"{folder}/{name}";
}
