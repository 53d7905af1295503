using MergeHost.Models;
using MergeHost.Output;
using MergeHost.Plans;
using MergeHost.Storage;

namespace MergeHost.Running.Checks;

/// <summary>Makes sure that what a merge writes, renames or deletes is none of the files that it reads, by whatever names.</summary>
internal static class OutputOverlap
{
    /// <summary>Looks at the place of an output before anything in it is touched.</summary>
    /// <exception cref="OutputException">An input lies in it, or is one of the files that would be touched.</exception>
    /// <exception cref="IOException">The system does not tell where something leads.</exception>
    public static void Check(MergePlan plan)
    {
        OutputPlace output = plan.Output;
        string folder = RealPath.Of(output.Folder);
        foreach (InputModel model in plan.Stages.SelectMany(stage => stage.Models)
            .Where(model => model.Files.Any(file => file.Local is not null)))
        {
            IEnumerable<string> weights = model.Files.Where(file => file.Local is not null && model.WeightFiles.Contains(file.Path))
                .Select(file => file.Path);
            string[] places = [model.Path, .. weights.Select(path => Path.GetDirectoryName(Path.GetFullPath(path))!)];
            if (output.FileName is null && places.Where(Path.Exists).Select(RealPath.Of).Contains(folder))
            {
                throw OutputException.IsInput(output.Path, model.Name);
            }
        }

        IReadOnlyList<InputFile> inputs = plan.InputFiles;
        StagePlan last = plan.Stages[^1];
        foreach (string path in output.Touched(last.Format.Export.Files, last.Layout.Companions.Select(companion => companion.Name)))
        {
            if (FileIdentity.TryOf(path) is { } found && inputs.FirstOrDefault(file => file.Local?.IsSameFile(found) == true) is { } input)
            {
                throw OutputException.IsInput(path, input.Name);
            }
        }
    }
}
