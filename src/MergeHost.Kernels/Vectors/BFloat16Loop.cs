namespace MergeHost.Kernels.Vectors;

/// <summary>Widens and rounds runs of bfloat16 at the width of the processor.</summary>
internal static unsafe class BFloat16Loop
{
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        fixed (ushort* from = source)
        fixed (float* to = destination)
        {
            nint done = LaneWidths.Current switch
            {
                LaneWidth.Bits512 => Widen<Vec512>(from, to, 0, source.Length),
                LaneWidth.Bits256 => Widen<Vec256>(from, to, 0, source.Length),
                LaneWidth.Bits128 => Widen<Vec128>(from, to, 0, source.Length),
                _ => 0,
            };
            Widen<VecScalar>(from, to, done, source.Length);
        }
    }

    public static void FromSingle(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        fixed (float* from = source)
        fixed (ushort* to = destination)
        {
            nint done = LaneWidths.Current switch
            {
                LaneWidth.Bits512 => Round<Vec512>(from, to, 0, source.Length),
                LaneWidth.Bits256 => Round<Vec256>(from, to, 0, source.Length),
                LaneWidth.Bits128 => Round<Vec128>(from, to, 0, source.Length),
                _ => 0,
            };
            Round<VecScalar>(from, to, done, source.Length);
        }
    }

    private static nint Widen<V>(ushort* from, float* to, nint first, nint end)
        where V : struct, IMemoryVec<V>
    {
        for (; first + V.Count <= end; first += V.Count)
        {
            V.StoreSingle(V.LoadBFloat16(from + first), to + first);
        }

        return first;
    }

    private static nint Round<V>(float* from, ushort* to, nint first, nint end)
        where V : struct, IMemoryVec<V>
    {
        for (; first + V.Count <= end; first += V.Count)
        {
            V.StoreBFloat16(V.LoadSingle(from + first), to + first);
        }

        return first;
    }
}
