using System.Text;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.HuggingFace.Hub.Names;

/// <summary>Rules for the names that a hub gives to files, before one becomes a path.</summary>
internal static partial class HubPath
{
    /// <summary>Whether a path of a repository stays inside any folder that it is put into, on any system.</summary>
    public static bool IsSafe(string path) =>
        path.Length is > 0 and <= 1000
        && path.All(c => c >= ' ' && c is not ('\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or '\x7f'))
        && IsText(path)
        && path.Split('/').All(IsSafePart);

    /// <summary>The first path that cannot be written beside the others, or <see langword="null"/>.</summary>
    /// <remarks>Unsafe by itself, the same as another but for case or composition, or below another that is a file.</remarks>
    public static string? FirstUnsafe(IEnumerable<string> paths)
    {
        string[] all = [.. paths];
        if (all.FirstOrDefault(path => !IsSafe(path)) is { } strange)
        {
            return strange;
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        HashSet<string> files = [.. all.Select(Folded)];
        return all.FirstOrDefault(path => !seen.Add(Folded(path)) || Parents(Folded(path)).Any(files.Contains));
    }

    private static bool IsSafePart(string part) =>
        part is not ("" or "." or "..") && Encoding.UTF8.GetByteCount(part) <= 255 && part[^1] is not ('.' or ' ')
        && !part.Equals(".git", StringComparison.OrdinalIgnoreCase) && !DeviceName().IsMatch(part);

    // A lone surrogate is no text, and has no name in UTF-8.
    private static bool IsText(string path)
    {
        for (int i = 0; i < path.Length; i += char.IsSurrogate(path[i]) ? 2 : 1)
        {
            if (char.IsSurrogate(path[i]) && (i + 1 == path.Length || !char.IsSurrogatePair(path[i], path[i + 1])))
            {
                return false;
            }
        }

        return true;
    }

    private static string Folded(string path) => path.Normalize(NormalizationForm.FormC).ToLowerInvariant();

    private static IEnumerable<string> Parents(string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }

    [GeneratedRegex(@"^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex DeviceName();
}
