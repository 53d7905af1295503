using System.Diagnostics;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;

namespace MergeHost.Summaries;

/// <summary>Measures how fast inputs can be read, from the page cache or from the disk, wherever they are now.</summary>
internal static class Bandwidth
{
    private const int BlockBytes = 1 << 20;
    private const int Blocks = 64;

    /// <summary>Reads a sample of the largest tensor on this machine; what is far away is not fetched for it.</summary>
    /// <returns>Bytes a second; 0 if there is nothing to read.</returns>
    public static double Measure(MergePlan plan)
    {
        HashSet<InputModel> near = [.. plan.Stages[0].Models.Where(model => model.Files.All(file => file.Store is null))];
        InputTensor? largest = plan.Stages[0].Tensors.SelectMany(tensor => tensor.Read)
            .Where(input => near.Contains(input.Model)).MaxBy(input => input.Tensor.LengthBytes);
        if (largest is null || largest.Tensor.LengthBytes == 0)
        {
            return 0;
        }

        ICheckpointReader reader = largest.Model.Open();
        DType type = largest.Tensor.DType;
        long elements = Math.Min(largest.Tensor.ElementCount, BlockBytes / type.BlockBytes * type.BlockElements);
        byte[] block = new byte[type.LengthBytes(elements)];
        long count = Math.Min(Blocks, largest.Tensor.ElementCount / elements);

        // The first read pays for more than reading.
        reader.Read(largest.Tensor, 0, block);
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            reader.Read(largest.Tensor, i * elements, block);
        }

        return count * block.Length / clock.Elapsed.TotalSeconds;
    }
}
