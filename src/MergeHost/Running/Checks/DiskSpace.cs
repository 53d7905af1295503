using MergeHost.Output;
using MergeHost.Plans;

namespace MergeHost.Running.Checks;

/// <summary>Finds out before a merge whether its output has room.</summary>
internal static class DiskSpace
{
    /// <param name="plan">What will be written; its folder exists.</param>
    /// <exception cref="OutputException">There is not enough room.</exception>
    public static void Check(MergePlan plan) =>
        Check(plan.Output, plan.Stages.Sum(stage => stage.Layout.Tensors.Sum(tensor => tensor.LengthBytes)));

    /// <param name="output">A folder that exists, or a file in one.</param>
    /// <param name="lengthBytes">How much it will hold.</param>
    /// <exception cref="OutputException">There is not enough room.</exception>
    public static void Check(OutputPlace output, long lengthBytes)
    {
        // What an earlier run has taken is there already.
        IEnumerable<string> own = output.FileName is null
            ? Directory.EnumerateFiles(output.Folder, "*", SearchOption.AllDirectories)
            : output.Touched([], []);
        long taken = own.Sum(file => new FileInfo(file).Length);
        long needed = lengthBytes - taken;
        long free = new DriveInfo(Path.GetFullPath(output.Folder)).AvailableFreeSpace;
        if (needed > free)
        {
            throw OutputException.DiskFull(output.Path, needed, free);
        }
    }
}
