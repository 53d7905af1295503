using MergeHost.Output;
using MergeHost.Plans;

namespace MergeHost.Running.Checks;

/// <summary>Finds out before a merge whether its output has room.</summary>
internal static class DiskSpace
{
    /// <param name="plan">What will be written; its folder exists.</param>
    /// <exception cref="OutputException">There is not enough room.</exception>
    public static void Check(MergePlan plan)
    {
        // What an earlier run has taken is there already.
        OutputPlace output = plan.Output;
        IEnumerable<string> own = output.FileName is null ? Directory.EnumerateFiles(output.Folder, "*", SearchOption.AllDirectories) : output.Touched([], []);
        long taken = own.Sum(file => new FileInfo(file).Length);
        long needed = plan.Stages.Sum(stage => stage.Layout.Tensors.Sum(tensor => tensor.LengthBytes)) - taken;
        long free = new DriveInfo(Path.GetFullPath(output.Folder)).AvailableFreeSpace;
        if (needed > free)
        {
            throw OutputException.DiskFull(output.Path, needed, free);
        }
    }
}
