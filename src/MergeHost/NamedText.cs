using MergeHost.Storage;

namespace MergeHost;

/// <summary>Reads the text of files that people write and name.</summary>
internal static class NamedText
{
    // Far more than anyone writes, and little enough to read before it is looked at.
    private const int MostYamlBytes = 16 << 20;
    private const string YamlHint = "Name a YAML file; `mergehost inspect` and `mergehost convert` take checkpoints.";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">The longest that is read.</param>
    /// <param name="unreadable">The code of the problem if it cannot be read.</param>
    /// <param name="hint">What to name instead of what is no such text.</param>
    /// <exception cref="MergeHostException">It cannot be read.</exception>
    public static string Read(string path, int mostBytes, ErrorCode unreadable, string hint)
    {
        try
        {
            return BoundedFile.ReadText(path, mostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MergeHostException(Explain(path, unreadable, hint, exception), exception);
        }
    }

    /// <summary>Reads a file of YAML.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unreadable">The code of the problem if it cannot be read.</param>
    /// <param name="problems">Receives that problem, with a file of like name if there is one.</param>
    /// <returns><see langword="null"/> if it cannot be read.</returns>
    public static string? TryReadYaml(string path, ErrorCode unreadable, List<Problem> problems)
    {
        try
        {
            return Read(path, MostYamlBytes, unreadable, YamlHint);
        }
        catch (MergeHostException exception)
        {
            problems.AddRange(exception.Problems);
            return null;
        }
    }

    private static Problem Explain(string path, ErrorCode unreadable, string hint, Exception exception)
    {
        if (Directory.Exists(path))
        {
            return new Problem(unreadable, $"{path}: this is a folder", hint);
        }

        if (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return new Problem(unreadable, $"{path}: {exception.Message.TrimEnd('.')}",
                exception is UnauthorizedAccessException ? null : hint);
        }

        return new Problem(unreadable, $"{path}: there is no such file", Suggestion.OfPath(path, [""], isFile: true));
    }
}
