using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.Legacy;

/// <summary>32 numbers of 5 bits: the low four as nibbles, the fifth of all in a word, element j at bit j.</summary>
internal static unsafe class FifthBits
{
    private static readonly Vector256<byte> _bitOfLane = Vector256.Create(0x8040_2010_0804_0201UL).AsByte();

    /// <summary>Takes numbers apart.</summary>
    /// <param name="high">The word, before the nibbles.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Unpack(byte* high, byte* nibbles)
    {
        uint word = Bits.UInt32(high);
        Vector256<byte> spread = Vector256.Create(0x0101_0101_0101_0101UL * (byte)word, 0x0101_0101_0101_0101UL * (byte)(word >> 8),
            0x0101_0101_0101_0101UL * (byte)(word >> 16), 0x0101_0101_0101_0101UL * (word >> 24)).AsByte();
        Vector256<byte> set = Vector256.Equals(spread & _bitOfLane, _bitOfLane);
        (Vector128<sbyte> low, Vector128<sbyte> highest) = Bits.Nibbles(nibbles);
        return Vector256.Create(low, highest) | (set & Vector256.Create((byte)0x10)).AsSByte();
    }

    /// <summary>Puts numbers together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pack(Vector256<byte> numbers, byte* high, byte* nibbles)
    {
        Unsafe.WriteUnaligned(high,
            Vector256.Equals(numbers & Vector256.Create((byte)0x10), Vector256.Create((byte)0x10)).ExtractMostSignificantBits());
        Bits.PackNibbles(numbers & Vector256.Create((byte)0x0F), nibbles);
    }
}
