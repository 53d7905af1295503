using MergeHost.Storage;

namespace MergeHost.Yaml;

/// <summary>Reads the text of files that people write and name.</summary>
internal static class YamlFile
{
    // Far more than anyone writes, and little enough to read before it is looked at.
    private const int MostBytes = 16 << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unreadable">The code of the problem if it cannot be read.</param>
    /// <param name="problems">Receives that problem, with a file of like name if there is one.</param>
    /// <returns><see langword="null"/> if it cannot be read.</returns>
    public static string? TryRead(string path, ErrorCode unreadable, List<Problem> problems)
    {
        try
        {
            return BoundedFile.ReadText(path, MostBytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(Explain(path, unreadable, exception));
            return null;
        }
    }

    private static Problem Explain(string path, ErrorCode unreadable, Exception exception)
    {
        if (Directory.Exists(path))
        {
            return new Problem(unreadable, $"{path}: this is a folder", "Name a YAML file; `mergehost inspect` and `mergehost convert` take checkpoints.");
        }

        if (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return new Problem(unreadable, $"{path}: {exception.Message.TrimEnd('.')}",
                exception is UnauthorizedAccessException ? null : "Name a YAML file; `mergehost inspect` and `mergehost convert` take checkpoints.");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        IEnumerable<string> neighbours = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)) : [];
        string? closest = Suggestion.Closest(Path.GetFileName(path), neighbours);
        return new Problem(unreadable, $"{path}: there is no such file",
            closest is null ? null : $"did you mean '{Path.Combine(Path.GetDirectoryName(path) ?? "", closest)}'?");
    }
}
