using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Kernels.DTypes;

/// <summary>Counts NaN and infinities among elements as stored.</summary>
public static class NonFiniteCount
{
    /// <summary>How many elements are NaN or infinite, in F64, F32, F16, BF16 and types of a format's own making; 0 for others.</summary>
    /// <param name="type">The type of the elements.</param>
    /// <param name="stored">Elements as stored, little-endian.</param>
    public static int Of(DType type, ReadOnlySpan<byte> stored) => type.Name switch
    {
        "BF16" => Count<ushort>(MemoryMarshal.Cast<byte, ushort>(stored), 0x7F80),
        "F16" => Count<ushort>(MemoryMarshal.Cast<byte, ushort>(stored), 0x7C00),
        "F32" => Count<uint>(MemoryMarshal.Cast<byte, uint>(stored), 0x7F80_0000),
        "F64" => Count<ulong>(MemoryMarshal.Cast<byte, ulong>(stored), 0x7FF0_0000_0000_0000),
        _ => type.Codec?.CountNonFinite(stored) ?? 0,
    };

    // All exponent bits set is infinity, or NaN.
    private static int Count<T>(ReadOnlySpan<T> bits, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        ref T data = ref MemoryMarshal.GetReference(bits);
        Vector512<T> mask = Vector512.Create(exponent);
        int count = 0;
        int i = 0;
        for (; i + Vector512<T>.Count <= bits.Length; i += Vector512<T>.Count)
        {
            Vector512<T> matches = Vector512.Equals(Vector512.LoadUnsafe(ref data, (nuint)i) & mask, mask);
            count += BitOperations.PopCount(matches.ExtractMostSignificantBits());
        }

        for (; i < bits.Length; i++)
        {
            count += (bits[i] & exponent) == exponent ? 1 : 0;
        }

        return count;
    }
}
