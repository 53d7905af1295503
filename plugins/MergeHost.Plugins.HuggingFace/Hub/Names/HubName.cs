using System.Text.RegularExpressions;

namespace MergeHost.Plugins.HuggingFace.Hub.Names;

/// <summary>A model or a dataset of the hub as users name it.</summary>
/// <param name="Repository">Its id, such as <c>org/name</c>.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
/// <param name="Path">A folder or a file in it, or an empty text for the whole.</param>
internal sealed partial record HubName(string Repository, string Revision, string Path)
{
    public const string Scheme = "hf:";

    public const string DatasetScheme = "hf-dataset:";

    /// <summary>The repository.</summary>
    public HubId Id => new(Repository, IsDataset);

    /// <summary>Whether it is a dataset's.</summary>
    public bool IsDataset { get; init; }

    /// <summary>Reads <c>org/name</c>, <c>org/name@revision</c>, <c>hf:org/name@revision/folder</c> or
    /// <c>hf-dataset:org/name@revision/file</c>.</summary>
    /// <remarks>After <c>hf:</c> a slash ends the revision, except in <c>refs/pr/N</c>; one within it is written <c>%2F</c>.</remarks>
    /// <returns><see langword="null"/> if the text is none of these.</returns>
    public static HubName? TryParse(string text)
    {
        bool isDataset = text.StartsWith(DatasetScheme, StringComparison.Ordinal);
        bool hasScheme = isDataset || text.StartsWith(Scheme, StringComparison.Ordinal);
        Match match = (hasScheme ? Full() : Short()).Match(hasScheme ? text[(isDataset ? DatasetScheme : Scheme).Length..] : text);
        if (!match.Success || !IsId(match.Groups["id"].Value))
        {
            return null;
        }

        string revision = match.Groups["revision"] is { Success: true } given ? given.Value : "main";
        string name = hasScheme ? Uri.UnescapeDataString(revision) : revision;
        string path = match.Groups["path"] is { Length: > 0 } below ? below.Value[1..].TrimEnd('/') : "";
        return IsRevision(name) && (path.Length == 0 || HubPath.IsSafe(path))
            ? new HubName(match.Groups["id"].Value, name, path) { IsDataset = isDataset }
            : null;
    }

    /// <summary>Whether a revision is a full commit, which never changes.</summary>
    public static bool IsCommit(string revision) => Commit().IsMatch(revision);

    /// <inheritdoc/>
    public override string ToString() => $"{(IsDataset ? DatasetScheme : "")}{Repository}@{Revision}{(Path.Length == 0 ? "" : "/" + Path)}";

    private static bool IsId(string id) =>
        !id.Contains("--", StringComparison.Ordinal) && !id.Contains("..", StringComparison.Ordinal)
        && !id.EndsWith(".git", StringComparison.Ordinal)
        && id.Split('/').All(part => part[0] is not ('-' or '.') && part[^1] is not ('-' or '.'));

    private static bool IsRevision(string revision) => revision.Length <= 255 && HubPath.IsSafe(revision);

    [GeneratedRegex(@"^(?<id>[A-Za-z0-9._-]{1,96}/[A-Za-z0-9._-]{1,96})(@(?<revision>[^@\s]+))?$")]
    private static partial Regex Short();

    [GeneratedRegex(
        @"^(?<id>[A-Za-z0-9._-]{1,96}(/[A-Za-z0-9._-]{1,96})?)(@(?<revision>refs/pr/\d+|[^@/\s]+))?(?<path>(?<=/.+)/.*|(?<=@.+)/.*)?$")]
    private static partial Regex Full();

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Commit();
}
