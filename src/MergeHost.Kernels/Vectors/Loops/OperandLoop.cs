namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>Writes an operand of a statistic as float32.</summary>
/// <param name="minuend">Elements as stored.</param>
/// <param name="subtrahend">Elements of the same type to subtract, or null.</param>
/// <param name="destination">Filled wholly.</param>
public unsafe delegate void OperandFunction(byte* minuend, byte* subtrahend, Span<float> destination);

/// <summary>Reads operands of statistics from memory.</summary>
public static class OperandLoop
{
    /// <summary>Compiles the reading for a width and for the type of the elements.</summary>
    public static unsafe OperandFunction Bind(LaneWidth width, ElementFormat input) => (width, input) switch
    {
        (LaneWidth.Bits512, ElementFormat.BFloat16) => Run<Vec512, BFloat16Format>,
        (LaneWidth.Bits256, ElementFormat.BFloat16) => Run<Vec256, BFloat16Format>,
        (LaneWidth.Bits128, ElementFormat.BFloat16) => Run<Vec128, BFloat16Format>,
        (_, ElementFormat.BFloat16) => Run<VecScalar, BFloat16Format>,
        (LaneWidth.Bits512, _) => Run<Vec512, SingleFormat>,
        (LaneWidth.Bits256, _) => Run<Vec256, SingleFormat>,
        (LaneWidth.Bits128, _) => Run<Vec128, SingleFormat>,
        _ => Run<VecScalar, SingleFormat>,
    };

    private static unsafe void Run<V, I>(byte* minuend, byte* subtrahend, Span<float> destination)
        where V : struct, IMemoryVec<V>
        where I : struct, IElementFormat
    {
        fixed (float* output = destination)
        {
            int whole = destination.Length - (destination.Length % V.Count);
            Run<V, I>(minuend, subtrahend, output, 0, whole);
            Run<VecScalar, I>(minuend, subtrahend, output, whole, destination.Length);
        }
    }

    private static unsafe void Run<V, I>(byte* minuend, byte* subtrahend, float* output, int first, int end)
        where V : struct, IMemoryVec<V>
        where I : struct, IElementFormat
    {
        for (nint element = first; element < end; element += V.Count)
        {
            V value = I.Load<V>(minuend, element);
            V.StoreSingle(subtrahend is null ? value : value - I.Load<V>(subtrahend, element), output + element);
        }
    }
}
