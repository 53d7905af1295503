using MergeHost.Checkpoints;

namespace MergeHost.Testing;

/// <summary>What the contracts of whatever makes a checkpoint out of checkpoints have in common.</summary>
internal static class ReaderChecks
{
    /// <summary>Reads a tensor in one run.</summary>
    public static byte[] ReadAll(ICheckpointReader reader, TensorInfo tensor)
    {
        byte[] whole = new byte[tensor.LengthBytes];
        reader.Read(tensor, 0, whole);
        return whole;
    }

    /// <summary>Fails unless a run has the bytes that it has in the whole tensor, from any thread.</summary>
    public static void AssertRunsGiveTheWhole(ICheckpointReader reader)
    {
        (TensorInfo Tensor, byte[] Whole)[] tensors = [.. reader.Tensors.Select(tensor => (tensor, ReadAll(reader, tensor)))];
        Parallel.ForEach(tensors.SelectMany(pair => Enumerable.Range(0, 4).Select(_ => pair)),
            new ParallelOptions { MaxDegreeOfParallelism = 4 }, pair =>
        {
            DType type = pair.Tensor.DType;
            long blocks = pair.Tensor.ElementCount / type.BlockElements;
            System.Random random = new(pair.Tensor.Name.Length);
            for (long block = 0; block < blocks;)
            {
                long next = Math.Min(blocks, block + random.Next(1, 7));
                byte[] run = new byte[(next - block) * type.BlockBytes];
                reader.Read(pair.Tensor, block * type.BlockElements, run);
                Assert.Equal(pair.Whole[(int)(block * type.BlockBytes)..(int)(next * type.BlockBytes)], run);
                block = next;
            }
        });
    }
}
