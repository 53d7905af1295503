namespace MergeHost;

/// <summary>Finds the word that a user most likely meant.</summary>
internal static class Suggestion
{
    // Nobody types longer words by mistake, and the comparison takes time in proportion to both lengths.
    private const int MostLetters = 200;

    // A home folder may hold many.
    private const int MostFolders = 2000;

    private static readonly EnumerationOptions _near = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 1,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.ReparsePoint
    };

    /// <summary>A hint such as <c>did you mean 'ties'?</c> followed by <paramref name="otherwise"/>, or
    /// only the latter if no word is near.</summary>
    public static string Hint(string word, IEnumerable<string> known, string otherwise) =>
        Closest(word, known) is { } closest ? $"did you mean '{closest}'? {otherwise}" : otherwise;

    /// <summary>The nearest of the known words, or <see langword="null"/> if none is near.</summary>
    /// <remarks>Near is a third of the length in letters added, left out, replaced or swapped; hyphens count as underscores.</remarks>
    public static string? Closest(string word, IEnumerable<string> known)
    {
        string wanted = Normal(word);
        return wanted.Length > MostLetters ? null : known
            .Where(candidate => candidate.Length <= MostLetters)
            .Select(candidate => (candidate, distance: Distance(wanted, Normal(candidate))))
            .Where(pair => pair.distance <= Math.Max(1, Math.Max(wanted.Length, pair.candidate.Length) / 3))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Select(pair => pair.candidate)
            .FirstOrDefault();
    }

    /// <summary>
    /// A hint with the path that was meant by one that leads nowhere: each part of it that is not there becomes the nearest that is, or the
    /// same path lies one or two folders further down.
    /// </summary>
    /// <param name="path">The path; a backslash separates its parts on every system.</param>
    /// <param name="folders">Where it may start.</param>
    /// <param name="isFile">Whether no folder is meant.</param>
    public static string? OfPath(string path, IEnumerable<string> folders, bool isFile) =>
        folders.Select(folder => Meant(path, folder, isFile)).Concat(folders.Select(folder => Below(path, folder)))
            .FirstOrDefault(meant => meant is not null) is { } meant ? $"did you mean '{meant}'?" : null;

    private static string? Meant(string path, string folder, bool isFile)
    {
        string meant = Path.GetPathRoot(path) ?? "";
        string[] parts = path[meant.Length..].Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < parts.Length; i++)
        {
            string parent = Path.Combine(folder, meant);
            if (Path.Exists(Path.Combine(parent, parts[i])))
            {
                meant = Path.Combine(meant, parts[i]);
                continue;
            }

            if (!Directory.Exists(parent) || Closest(parts[i], Entries(parent, isFile && i == parts.Length - 1)) is not { } closest)
            {
                return null;
            }

            meant = Path.Combine(meant, closest);
        }

        return meant.Length == 0 ? null : meant;
    }

    private static string? Below(string path, string folder)
    {
        string start = Path.GetFullPath(folder.Length == 0 ? "." : folder);
        string name = path.Replace('\\', '/').Trim('/');
        return Path.IsPathRooted(path) || name.Length == 0 || name.StartsWith('.') || !Directory.Exists(start) ? null
            : Directory.EnumerateDirectories(start, "*", _near).Take(MostFolders).Where(below => Path.Exists(Path.Combine(below, name)))
                .Select(below => $"{Path.GetRelativePath(start, below).Replace('\\', '/')}/{name}").Order(StringComparer.Ordinal)
                .FirstOrDefault();
    }

    private static IEnumerable<string> Entries(string folder, bool areFiles) =>
        (areFiles ? Directory.EnumerateFiles(folder) : Directory.EnumerateFileSystemEntries(folder))
            .Select(entry => Path.GetFileName(entry)!);

    private static string Normal(string word) => word.Replace('-', '_').ToLowerInvariant();

    // Optimal string alignment: as Levenshtein, with swaps of neighbours.
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
