using System.IO.Enumeration;
using MergeHost.Plugins.Metadata;
using MergeHost.Storage;

namespace MergeHost.Output;

/// <summary>Where an output comes to lie: a folder of its own, or a single file beside other things.</summary>
/// <remarks>
/// Until a merge is complete there are partial files and a journal; the manifest comes last, so that an output with a manifest is whole.
/// Beside a single file, manifest, journal and stages have its name before their own.
/// </remarks>
internal sealed record OutputPlace
{
    private const string Manifest = "mergehost.json";
    private const string Journal = "mergehost.journal.partial";
    private const string Stages = ".stages";
    private const string Parts = ".parts";

    private OutputPlace(string path, string folder, string? fileName)
    {
        Path = path;
        Folder = folder;
        FileName = fileName;
    }

    /// <summary>The path as the user names it: the folder's, or the file's.</summary>
    public string Path { get; }

    /// <summary>The folder that is written to.</summary>
    public string Folder { get; }

    /// <summary>The name of the file that holds everything; <see langword="null"/> where the folder is the output's own.</summary>
    public string? FileName { get; }

    /// <summary>What was made, from what, with what.</summary>
    public string ManifestName => FileName is null ? Manifest : $"{FileName}.{Manifest}";

    public string ManifestPath => In(ManifestName);

    public string JournalPath => In(FileName is null ? Journal : $"{FileName}.{Journal}");

    /// <summary>Where the results of earlier stages lie until the output is complete.</summary>
    public string StagesPath => In(FileName + Stages);

    /// <summary>Where the parts lie that the output is made in, until it is complete.</summary>
    public string PartsPath => In(FileName + Parts);

    /// <summary>A folder of the output's own.</summary>
    public static OutputPlace InFolder(string path) => new(path, path, null);

    /// <summary>The place that a name means in a format: a file's, if it is named so and a checkpoint
    /// of the format may be a single file.</summary>
    public static OutputPlace Of(string path, PluginExport format) =>
        format.IsSingleFile && !Directory.Exists(path) && IsNamedLikeAFile(System.IO.Path.GetFileName(path), format.Files)
            ? AsFile(path)
            : InFolder(path);

    /// <summary>The place of what was written under a name.</summary>
    public static OutputPlace Find(string path) =>
        !Directory.Exists(path) && AsFile(path) is var file
        && (File.Exists(path) || File.Exists(file.ManifestPath) || File.Exists(file.JournalPath))
            ? file
            : InFolder(path);

    /// <summary>Where the result of an earlier stage lies.</summary>
    public OutputPlace OfStage(string stage) => InFolder(System.IO.Path.Combine(StagesPath, stage));

    /// <summary>Where a part of the output lies until all are there.</summary>
    public OutputPlace OfPart(MergePart part) => InFolder(System.IO.Path.Combine(PartsPath, $"{part.Number}-of-{part.Count}"));

    /// <summary>Where a part of the survey keeps others out; beside a file of its own nothing is written there.</summary>
    public OutputPlace OfSurvey(MergePart part) => AsFile(System.IO.Path.Combine(PartsPath, $"survey-{part.Number}-of-{part.Count}"));

    /// <summary>Into how many parts those that lie there divide the output; several numbers only
    /// if two divisions were begun at once.</summary>
    public IReadOnlyList<int> PartCounts() => !Directory.Exists(PartsPath) ? [] :
    [
        .. Directory.EnumerateDirectories(PartsPath, "*-of-*")
            .Select(path => MergePart.Parse(System.IO.Path.GetFileName(path).Replace("-of-", "/", StringComparison.Ordinal)))
                .OfType<MergePart>().Select(part => part.Count).Distinct().Order(),
    ];

    /// <summary>The path of a file of the output.</summary>
    public string In(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>Files of the place that a merge could write, rename or delete, so far as they are there.</summary>
    /// <param name="weightFiles">The names, with <c>*</c> for any run of characters, that weights have in the output's format.</param>
    /// <param name="companions">The names of other files.</param>
    public IEnumerable<string> Touched(IReadOnlyList<string> weightFiles, IEnumerable<string> companions)
    {
        if (!Directory.Exists(Folder))
        {
            return [];
        }

        string[] patterns = [.. weightFiles, "*" + PartialFile.Suffix, Manifest];
        IEnumerable<string> own = FileName is null
            ? Directory.EnumerateFiles(Folder).Where(path => IsNamedLikeAFile(System.IO.Path.GetFileName(path), patterns))
                .Concat(companions.Select(In).Where(System.IO.Path.Exists))
            : new[] { Path, Path + PartialFile.Suffix, ManifestPath, JournalPath }.Where(System.IO.Path.Exists);
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };
        return own.Concat(new[] { StagesPath, PartsPath }.Where(Directory.Exists)
            .SelectMany(path => Directory.EnumerateFiles(path, "*", all)));
    }

    /// <summary>Makes the place ready, or refuses to touch it.</summary>
    /// <param name="weightFiles">The names, with <c>*</c> for any run of characters, that weights have in the output's format.</param>
    /// <param name="force">Whether what is in it may be replaced; <see cref="Clear"/> does so.</param>
    /// <exception cref="OutputException">There is something that is not of an unfinished merge, or the name is that of a file.</exception>
    public void Prepare(IReadOnlyList<string> weightFiles, bool force)
    {
        try
        {
            CheckIsFolder(weightFiles);
            if (!force && Directory.Exists(PartsPath))
            {
                throw OutputException.InParts(Path);
            }

            Directory.CreateDirectory(Folder);
            bool isUnfinished = File.Exists(JournalPath) && !File.Exists(ManifestPath);
            bool isTaken = FileName is null
                ? Directory.EnumerateFileSystemEntries(Folder).Any(entry => System.IO.Path.GetFileName(entry) != Stages)
                : System.IO.Path.Exists(Path) || File.Exists(ManifestPath);
            if (!isUnfinished && !force && isTaken)
            {
                throw FileName is null ? OutputException.Exists(Path) : OutputException.FileExists(Path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw OutputException.WriteFailed(Path, exception);
        }
    }

    /// <summary>Makes the place ready for parts, or refuses to touch it; several parts may come at once.</summary>
    /// <param name="weightFiles">The names, with <c>*</c> for any run of characters, that weights have in the output's format.</param>
    /// <exception cref="OutputException">There is something else, or the name is that of a file, or of a link.</exception>
    public void PrepareParts(IReadOnlyList<string> weightFiles)
    {
        CheckIsFolder(weightFiles);
        CheckNoLink(PartsPath);
        if (!Directory.Exists(PartsPath) && Directory.Exists(Folder)
            && Directory.EnumerateFileSystemEntries(Folder).Any(entry => System.IO.Path.GetFileName(entry) is not (Stages or Parts)))
        {
            throw File.Exists(JournalPath) ? OutputException.NotInPartsYet(Path) : OutputException.ExistsBeforeParts(Path);
        }

        Directory.CreateDirectory(PartsPath);
    }

    /// <summary>Removes what only an unfinished merge needs.</summary>
    public void CleanUp()
    {
        File.Delete(JournalPath);
        foreach (string path in new[] { StagesPath, PartsPath }.Where(Directory.Exists))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Makes sure that results of stages come to lie in the output and nowhere else.</summary>
    /// <exception cref="OutputException">A link stands where their folder is to be.</exception>
    public void CheckStage(string stage)
    {
        CheckNoLink(StagesPath);
        CheckNoLink(OfStage(stage).Folder);
    }

    /// <summary>Deletes what is to be replaced; the caller has the journal locked.</summary>
    /// <remarks>
    /// What would make the output look whole goes first: the manifest, then weights and their index. Other files are the user's and stay.
    /// </remarks>
    public void Clear(IReadOnlyList<string> weightFiles)
    {
        File.Delete(ManifestPath);
        if (Directory.Exists(PartsPath))
        {
            Directory.Delete(PartsPath, recursive: true);
        }

        foreach (string file in FileName is null ? weightFiles.SelectMany(pattern => Directory.EnumerateFiles(Folder, pattern)) : [Path])
        {
            File.Delete(file);
        }
    }

    private void CheckIsFolder(IReadOnlyList<string> weightFiles)
    {
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path));
        if (FileName is null && (File.Exists(Path) || (!Directory.Exists(Path) && IsNamedLikeAFile(name, weightFiles))))
        {
            throw OutputException.NotFolder(Path);
        }
    }

    private static void CheckNoLink(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw OutputException.OwnFolderIsLink(path);
        }
    }

    private static OutputPlace AsFile(string path) =>
        new(path, System.IO.Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : ".", System.IO.Path.GetFileName(path));

    private static bool IsNamedLikeAFile(string name, IReadOnlyList<string> patterns) =>
        name.Length > 0 && patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name));
}
