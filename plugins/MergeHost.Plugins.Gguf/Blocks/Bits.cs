using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>What all block types are read with: packed fields become small whole numbers, and those become multiples of a scale.</summary>
internal static unsafe class Bits
{
    /// <summary>The bits of an infinite number of half precision.</summary>
    public const uint InfiniteHalf = 0x7C00;

    /// <summary>By how much the bits of float32, those of the exponent, are above those of half precision.</summary>
    public const uint BiasDifference = 112u << 23;

    /// <summary>The bits of 2^-14 in float32: smaller numbers have less bits in half precision.</summary>
    public const uint LeastNormal = 113u << 23;

    // The bits of 2^16, which is beyond half precision.
    private const uint EndOfNormal = 143u << 23;
    private const float TwoTo112 = 5.192296858534828e33f;
    private const int Lanes = 16;

    /// <summary>A number of half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* at)
    {
        uint bits = Unsafe.ReadUnaligned<ushort>(at);

        // The exponents' biases differ by 112; infinities and NaN, whose exponent is no number, are for the library.
        return (bits & InfiniteHalf) == InfiniteHalf ? (float)BitConverter.UInt16BitsToHalf((ushort)bits)
            : BitConverter.UInt32BitsToSingle(((bits & 0x8000) << 16) | ((bits & 0x7FFF) << 13)) * TwoTo112;
    }

    /// <summary>Whether a number of half precision is neither NaN nor infinite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFinite(byte* half) => (half[1] & 0x7C) != 0x7C;

    /// <summary>Stores a number of half precision, rounded to nearest with ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutHalf(byte* at, float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint magnitude = bits & int.MaxValue;

        // Half a unit is added to what is cut off, less a little if the last bit that stays is even.
        Unsafe.WriteUnaligned(at, magnitude - LeastNormal < EndOfNormal - LeastNormal
            ? (ushort)(((bits >> 16) & 0x8000) | ((magnitude - BiasDifference + 0xFFF + ((magnitude >> 13) & 1)) >> 13))
            : BitConverter.HalfToUInt16Bits((Half)value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort UInt16(byte* at) => BinaryPrimitives.ReadUInt16LittleEndian(new ReadOnlySpan<byte>(at, sizeof(ushort)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint UInt32(byte* at) => BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(at, sizeof(uint)));

    /// <summary>The same few bits of 16 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Field(byte* at, int shift, int mask) =>
        Vector128.ShiftRightLogical(Vector128.Load(at), shift) & Vector128.Create((byte)mask);

    /// <summary>Takes bytes apart: the low halves come first, the high ones after all of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Nibbles(byte* packed, int bytes, sbyte* numbers)
    {
        for (int at = 0; at < bytes; at += Lanes)
        {
            Vector128<byte> both = Vector128.Load(packed + at);
            (both & Vector128.Create((byte)0x0F)).AsSByte().Store(numbers + at);
            Vector128.ShiftRightLogical(both, 4).AsSByte().Store(numbers + bytes + at);
        }
    }

    /// <summary>Puts halves of bytes together, the other way round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackNibbles(byte* numbers, int bytes, byte* packed)
    {
        for (int at = 0; at < bytes; at += Lanes)
        {
            (Vector128.Load(numbers + at) | Vector128.ShiftLeft(Vector128.Load(numbers + bytes + at), 4)).Store(packed + at);
        }
    }

    /// <summary>32 halves of 16 bytes: the low ones come first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector128<sbyte> Low, Vector128<sbyte> High) Nibbles(byte* packed)
    {
        Vector128<sbyte> both = Vector128.Load((sbyte*)packed);
        return (both & Vector128.Create((sbyte)0x0F), Vector128.ShiftRightLogical(both, 4));
    }

    /// <summary>Puts 32 halves of bytes together, the other way round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackNibbles(Vector256<byte> numbers, byte* packed) =>
        (numbers.GetLower() | Vector128.ShiftLeft(numbers.GetUpper(), 4)).Store(packed);

    /// <summary><c>scale · number</c> for 32 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(Vector128<sbyte> low, Vector128<sbyte> high, float scale, float* values)
    {
        (Floats(low) * Vector512.Create(scale)).Store(values);
        (Floats(high) * Vector512.Create(scale)).Store(values + 16);
    }

    /// <summary><c>scale · number + offset</c> for 32 numbers, rounded after each step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleAndAdd(Vector128<sbyte> low, Vector128<sbyte> high, float scale, float offset, float* values)
    {
        ((Floats(low) * Vector512.Create(scale)) + Vector512.Create(offset)).Store(values);
        ((Floats(high) * Vector512.Create(scale)) + Vector512.Create(offset)).Store(values + 16);
    }

    /// <summary><c>scale · number</c>; the count is a multiple of 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(sbyte* numbers, int count, float scale, float* values)
    {
        Vector256<float> factor = Vector256.Create(scale);
        for (int at = 0; at < count; at += 8)
        {
            (Floats(numbers + at) * factor).Store(values + at);
        }
    }

    /// <summary><c>scale · number + offset</c>, rounded after each step; the count is a multiple of 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleAndAdd(sbyte* numbers, int count, float scale, float offset, float* values)
    {
        Vector256<float> factor = Vector256.Create(scale);
        Vector256<float> summand = Vector256.Create(offset);
        for (int at = 0; at < count; at += 8)
        {
            ((Floats(numbers + at) * factor) + summand).Store(values + at);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Floats(sbyte* numbers)
    {
        Vector128<short> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(numbers)).AsSByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Floats(Vector128<sbyte> numbers)
    {
        if (Avx512F.IsSupported)
        {
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(numbers));
        }

        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(numbers);
        return Vector512.ConvertToSingle(Vector512.Create(
            Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)),
            Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high))));
    }
}
