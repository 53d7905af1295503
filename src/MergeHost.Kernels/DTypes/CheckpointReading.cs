using System.Buffers;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;

namespace MergeHost.Kernels.DTypes;

/// <summary>Reads checkpoints as numbers.</summary>
public static class CheckpointReading
{
    /// <summary>Reads a run of elements as float32.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensor">One of its tensors.</param>
    /// <param name="firstElement">Where the run begins: a multiple of the type's block.</param>
    /// <param name="destination">Filled wholly; its length is that of whole blocks.</param>
    /// <exception cref="CheckpointException">The file ended early or cannot be read.</exception>
    /// <exception cref="NotSupportedException"><see cref="DTypeConversion.CanDecode"/> says no.</exception>
    public static void ReadSingle(this ICheckpointReader checkpoint, TensorInfo tensor, long firstElement, Span<float> destination)
    {
        if (tensor.DType == DType.F32)
        {
            checkpoint.Read(tensor, firstElement, MemoryMarshal.AsBytes(destination));
            return;
        }

        int lengthBytes = checked((int)tensor.DType.LengthBytes(destination.Length));
        byte[] stored = ArrayPool<byte>.Shared.Rent(lengthBytes);
        try
        {
            checkpoint.Read(tensor, firstElement, stored.AsSpan(0, lengthBytes));
            DTypeConversion.ToSingle(tensor.DType, stored.AsSpan(0, lengthBytes), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }
}
