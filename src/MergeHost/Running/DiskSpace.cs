using MergeHost.Planning;

namespace MergeHost.Running;

/// <summary>Finds out before a merge whether its output has room.</summary>
internal static class DiskSpace
{
    /// <param name="plan">What will be written.</param>
    /// <param name="output">The folder; it exists.</param>
    /// <exception cref="OutputException">There is not enough room.</exception>
    public static void Check(MergePlan plan, string output)
    {
        // What an earlier run has taken is there already.
        long taken = Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        long needed = plan.Stages.Sum(stage => stage.Layout.Tensors.Sum(tensor => tensor.LengthBytes)) - taken;
        long free = new DriveInfo(Path.GetFullPath(output)).AvailableFreeSpace;
        if (needed > free)
        {
            throw OutputException.DiskFull(output, needed, free);
        }
    }
}
