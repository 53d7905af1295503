using System.Runtime.CompilerServices;

namespace MergeHost.Kernels.Vectors;

/// <summary>The upper 16 bits of binary32.</summary>
public static class BFloat16
{
    /// <summary>Widens; exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Rounds to nearest, ties to even; a NaN becomes a quiet NaN, overflow an infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Widens a run; exact.</summary>
    /// <param name="source">Some numbers.</param>
    /// <param name="destination">As many, or more.</param>
    public static void ToSingle(ReadOnlySpan<ushort> source, Span<float> destination) =>
        BFloat16Loop.ToSingle(source, destination[..source.Length]);

    /// <summary>Rounds a run as <see cref="FromSingle(float)"/> does.</summary>
    /// <param name="source">Some numbers.</param>
    /// <param name="destination">As many, or more.</param>
    public static void FromSingle(ReadOnlySpan<float> source, Span<ushort> destination) =>
        BFloat16Loop.FromSingle(source, destination[..source.Length]);
}
