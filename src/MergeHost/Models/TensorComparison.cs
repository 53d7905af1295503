using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Models;

/// <summary>Compares the data of tensors run by run, up to the first difference.</summary>
internal sealed class TensorComparison(CancellationToken cancellation = default)
{
    private const int UnitElements = 1 << 16;

    private byte[] _first = [];
    private byte[] _second = [];

    /// <summary>Whether the beginnings of two tensors are equal.</summary>
    /// <param name="first">The first tensor, and what reads it.</param>
    /// <param name="second">The second; tensors of unlike types are compared as float32.</param>
    /// <param name="elements">How many elements are compared, in whole blocks of both types.</param>
    public bool AreEqual((ICheckpointReader Reader, TensorInfo Tensor) first, (ICheckpointReader Reader, TensorInfo Tensor) second,
        long elements)
    {
        for (long begin = 0; begin < elements; begin += UnitElements)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(UnitElements, elements - begin);
            bool isEqual = first.Tensor.DType == second.Tensor.DType
                ? Stored(first, begin, count, ref _first).SequenceEqual(Stored(second, begin, count, ref _second))
                : Numbers(first, begin, count) is { } ours && Numbers(second, begin, count) is { } theirs
                    && ours.AsSpan().SequenceEqual(theirs);
            if (!isEqual)
            {
                return false;
            }
        }

        return true;
    }

    private static Span<byte> Stored((ICheckpointReader Reader, TensorInfo Tensor) input, long begin, int count, ref byte[] buffer)
    {
        int length = (int)input.Tensor.DType.LengthBytes(count);
        buffer = buffer.Length < length ? new byte[length] : buffer;
        Span<byte> stored = buffer.AsSpan(0, length);
        input.Reader.Read(input.Tensor, begin, stored);
        return stored;
    }

    private float[]? Numbers((ICheckpointReader Reader, TensorInfo Tensor) input, long begin, int count)
    {
        if (!DTypeConversion.CanDecode(input.Tensor.DType))
        {
            return null;
        }

        float[] numbers = new float[count];
        DTypeConversion.ToSingle(input.Tensor.DType, Stored(input, begin, count, ref _first), numbers);
        return numbers;
    }
}
