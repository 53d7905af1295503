namespace MergeHost.Recipes;

/// <summary>Reads the text of files that people write and name.</summary>
internal static class YamlFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unreadable">The code of the problem if it cannot be read.</param>
    /// <param name="problems">Receives that problem, with a file of like name if there is one.</param>
    /// <returns><see langword="null"/> if it cannot be read.</returns>
    public static string? TryRead(string path, ErrorCode unreadable, List<Problem> problems)
    {
        try
        {
            return File.ReadAllText(path);
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
            return new Problem(unreadable, $"{path}: this is a folder", "Name a file.");
        }

        if (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return new Problem(unreadable, $"{path}: {exception.Message.TrimEnd('.')}");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        IEnumerable<string> neighbours = Directory.Exists(folder) ? Directory.EnumerateFiles(folder).Select(file => Path.GetFileName(file)) : [];
        string? closest = Suggestion.Closest(Path.GetFileName(path), neighbours);
        return new Problem(unreadable, $"{path}: there is no such file",
            closest is null ? null : $"did you mean '{Path.Combine(Path.GetDirectoryName(path) ?? "", closest)}'?");
    }
}
