using System.Buffers;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Packings.Reading;

/// <summary>What the elements of a companion tensor mean.</summary>
internal enum NumberKind
{
    /// <summary>What their type says; signed bytes are whole numbers.</summary>
    AsStored,

    /// <summary>Bytes that are exponents of two, less 127; 255 is NaN.</summary>
    Exponents,

    /// <summary>Bytes that are E4M3.</summary>
    E4M3,
}

/// <summary>A companion tensor that is read as numbers, all of which must be finite.</summary>
/// <param name="file">Where it lies, for messages.</param>
/// <param name="tensor">The tensor.</param>
/// <param name="kind">What its elements mean.</param>
internal sealed class StoredNumbers(string file, TensorInfo tensor, NumberKind kind = NumberKind.AsStored)
{
    private readonly float[]? _table = kind switch
    {
        NumberKind.Exponents => Tables.Exponents,
        NumberKind.E4M3 => Tables.E4M3,
        _ when tensor.DType == DType.F8_E8M0 => Tables.Exponents,
        _ when tensor.DType == DType.I8 => Tables.Signed,
        _ => null,
    };

    /// <summary>Reads a run.</summary>
    public void Read(ICheckpointReader checkpoint, long first, Span<float> numbers)
    {
        if (_table is null)
        {
            checkpoint.ReadSingle(tensor, first, numbers);
        }
        else
        {
            byte[] bytes = ArrayPool<byte>.Shared.Rent(numbers.Length);
            checkpoint.Read(tensor, first, bytes.AsSpan(0, numbers.Length));
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = _table[bytes[i]];
            }

            ArrayPool<byte>.Shared.Return(bytes);
        }

        for (int i = 0; i < numbers.Length; i++)
        {
            if (!float.IsFinite(numbers[i]))
            {
                throw Fail($"element {first + i} is {(float.IsNaN(numbers[i]) ? "NaN" : "infinite")}; a scale must be a number");
            }
        }
    }

    /// <summary>The error of a number that no weight can be scaled by.</summary>
    public CheckpointException Fail(string reason) =>
        new(new Problem(ErrorCodes.NonFiniteScale, $"{file}: tensor '{CheckpointException.Printable(tensor.Name)}': {reason}",
            "Quantise the model again, or download it again."));
}
