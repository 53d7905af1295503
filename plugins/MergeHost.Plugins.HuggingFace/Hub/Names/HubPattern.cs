namespace MergeHost.Plugins.HuggingFace.Hub.Names;

/// <summary>A name of the hub with <c>*</c> in place of numbers, in the revision or in the path below it.</summary>
internal sealed class HubPattern
{
    private readonly string _text;
    private readonly int _pathStart;
    private readonly int _revisionStart;

    private HubPattern(string text, HubName name)
    {
        _text = text;
        Name = name;
        _revisionStart = text.IndexOf('@', StringComparison.Ordinal) + 1;
        _pathStart = text.Length - name.Path.Length;
    }

    /// <summary>The pattern with a digit in place of each <c>*</c>.</summary>
    public HubName Name { get; }

    /// <summary>Whether revisions are meant; if not, files or folders of one revision are.</summary>
    public bool IsOfRevisions => _text.IndexOf('*', StringComparison.Ordinal) < _pathStart;

    /// <summary>Reads a pattern.</summary>
    /// <returns><see langword="null"/> if it is no name of the hub, or has its <c>*</c> in the repository's id.</returns>
    public static HubPattern? TryParse(string text)
    {
        // A digit may be a part of every kind of name.
        string trimmed = text.TrimEnd('/');
        if (HubName.TryParse(trimmed.Replace('*', '0')) is not { } name)
        {
            return null;
        }

        HubPattern pattern = new(trimmed, name);
        int star = trimmed.IndexOf('*', StringComparison.Ordinal);
        return star >= pattern._pathStart || (pattern._revisionStart > 0 && star >= pattern._revisionStart) ? pattern : null;
    }

    /// <summary>The name with another revision.</summary>
    public string OfRevision(string revision) =>
        _text[.._revisionStart] + (_text.StartsWith(Name.Id.Scheme, StringComparison.Ordinal) ? Uri.EscapeDataString(revision) : revision)
            + (_pathStart < _text.Length ? "/" + _text[_pathStart..] : "");

    /// <summary>The name of a file, or of a folder that it is in, as deep as the pattern;
    /// <see langword="null"/> if it is not that deep.</summary>
    public string? OfFile(string path)
    {
        string[] parts = path.Split('/');
        int depth = Name.Path.Split('/').Length;
        return parts.Length < depth ? null : _text[.._pathStart] + string.Join('/', parts[..depth]);
    }
}
