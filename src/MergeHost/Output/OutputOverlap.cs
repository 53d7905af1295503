using System.IO.Enumeration;
using MergeHost.Kernels.IO;
using MergeHost.Planning;
using MergeHost.Running;

namespace MergeHost.Output;

/// <summary>Makes sure that what a merge writes, renames or deletes is none of the files that it reads, by whatever names.</summary>
internal static class OutputOverlap
{
    /// <summary>Looks at the folder of an output before anything in it is touched.</summary>
    /// <exception cref="OutputException">An input lies in it, or is one of the files that would be touched.</exception>
    /// <exception cref="IOException">The system does not tell where something leads.</exception>
    public static void Check(MergePlan plan, string output)
    {
        string folder = RealPath.Of(output);
        foreach (InputModel model in plan.Stages.SelectMany(stage => stage.Models).Where(model => model.Files.Any(file => file.Local is not null)))
        {
            string[] places = [model.Path, .. model.Files.Where(file => file.Local is not null && model.WeightFiles.Contains(file.Path)).Select(file => Path.GetDirectoryName(Path.GetFullPath(file.Path))!)];
            if (places.Where(Path.Exists).Select(RealPath.Of).Contains(folder))
            {
                throw OutputException.IsInput(output, model.Name);
            }
        }

        ILookup<(ulong, ulong), InputFile> inputs = plan.InputFiles.Where(file => file.Local is not null).ToLookup(file => (file.Local!.Value.Device, file.Local.Value.Number));
        foreach (string path in Touched(plan, folder))
        {
            if (FileIdentity.TryOf(path) is { } found && inputs[(found.Device, found.Number)].FirstOrDefault() is { } input)
            {
                throw OutputException.IsInput(path, input.Name);
            }
        }
    }

    // What of the folder's content could be written, renamed or deleted.
    private static IEnumerable<string> Touched(MergePlan plan, string folder)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        StagePlan last = plan.Stages[^1];
        string[] patterns = [.. last.Format.Export.Files, "*" + PartialFile.Suffix, OutputFolder.ManifestName];
        HashSet<string> companions = [.. last.Layout.Companions.Select(companion => companion.Name)];
        IEnumerable<string> own = Directory.EnumerateFiles(folder).Where(path => companions.Contains(Path.GetFileName(path))
            || patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, Path.GetFileName(path))));
        string stages = OutputFolder.StagesPath(folder);
        return Directory.Exists(stages)
            ? own.Concat(Directory.EnumerateFiles(stages, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
            : own;
    }
}
