using System.IO.Enumeration;

namespace MergeHost.Running;

/// <summary>The names and the rules of a folder that a merge writes.</summary>
/// <remarks>
/// Until a merge is complete the folder holds partial files and a journal; the manifest comes last, so that a folder with a manifest
/// is whole.
/// </remarks>
internal static class OutputFolder
{
    /// <summary>What was made, from what, with what.</summary>
    public const string ManifestName = "mergehost.json";

    private const string JournalName = "mergehost.journal.partial";
    private const string StagesName = ".stages";

    public static string ManifestPath(string folder) => Path.Combine(folder, ManifestName);

    public static string JournalPath(string folder) => Path.Combine(folder, JournalName);

    /// <summary>Where the results of earlier stages lie until the output is complete.</summary>
    public static string StagesPath(string output) => Path.Combine(output, StagesName);

    public static string OfStage(string output, string stage) => Path.Combine(StagesPath(output), stage);

    /// <summary>Makes the folder ready, or refuses to touch it.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <param name="weightFiles">The names, with <c>*</c> for any run of characters, that weights have in the output's format.</param>
    /// <param name="force">Whether what is in it may be replaced; <see cref="Clear"/> does so.</param>
    /// <exception cref="OutputException">The folder holds something that is not of an unfinished merge, or the name is that of a file.</exception>
    public static void Prepare(string folder, IReadOnlyList<string> weightFiles, bool force)
    {
        try
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
            bool isNamedLikeAFile = !Directory.Exists(folder) && weightFiles.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name));
            if (File.Exists(folder) || isNamedLikeAFile)
            {
                throw OutputException.NotFolder(folder);
            }

            Directory.CreateDirectory(folder);
            bool isUnfinished = File.Exists(JournalPath(folder)) && !File.Exists(ManifestPath(folder));
            if (!isUnfinished && !force && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != StagesName))
            {
                throw OutputException.Exists(folder);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputException.WriteFailed(folder, exception);
        }
    }

    /// <summary>Removes what only an unfinished merge needs.</summary>
    public static void CleanUp(string folder)
    {
        File.Delete(JournalPath(folder));
        if (Directory.Exists(StagesPath(folder)))
        {
            Directory.Delete(StagesPath(folder), recursive: true);
        }
    }

    /// <summary>Makes sure that results of stages come to lie in the output and nowhere else.</summary>
    /// <exception cref="OutputException">A link stands where their folder is to be.</exception>
    public static void CheckStage(string output, string stage)
    {
        foreach (string path in (string[])[StagesPath(output), OfStage(output, stage)])
        {
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw OutputException.StagesAreLink(path);
            }
        }
    }

    /// <summary>Deletes what is to be replaced; the caller has the journal locked.</summary>
    /// <remarks>
    /// What would make the folder look whole goes first: the manifest, then weights and their index. Other files are the user's and stay.
    /// </remarks>
    public static void Clear(string folder, IReadOnlyList<string> weightFiles)
    {
        File.Delete(ManifestPath(folder));
        foreach (string file in weightFiles.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern)))
        {
            File.Delete(file);
        }
    }
}
