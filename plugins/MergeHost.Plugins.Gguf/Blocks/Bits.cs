using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>What all block types are read with: packed fields become small whole numbers, and those become multiples of a scale.</summary>
internal static unsafe class Bits
{
    private const int Lanes = 16;

    /// <summary>A number of half precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* at) => (float)BitConverter.UInt16BitsToHalf(Unsafe.ReadUnaligned<ushort>(at));

    /// <summary>Stores a number of half precision, rounded to nearest with ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutHalf(byte* at, float value) => Unsafe.WriteUnaligned(at, BitConverter.HalfToUInt16Bits((Half)value));

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
    public static Vector256<sbyte> Nibbles(byte* packed)
    {
        Vector128<byte> both = Vector128.Load(packed);
        return Vector256.Create(both & Vector128.Create((byte)0x0F), Vector128.ShiftRightLogical(both, 4)).AsSByte();
    }

    /// <summary>Puts 32 halves of bytes together, the other way round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PackNibbles(Vector256<byte> numbers, byte* packed) => (numbers.GetLower() | Vector128.ShiftLeft(numbers.GetUpper(), 4)).Store(packed);

    /// <summary><c>scale · number</c> for 32 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(Vector256<sbyte> numbers, float scale, float* values)
    {
        Vector256<float> factor = Vector256.Create(scale);
        (Vector256<short> low, Vector256<short> high) = Vector256.Widen(numbers);
        (Floats(low.GetLower()) * factor).Store(values);
        (Floats(low.GetUpper()) * factor).Store(values + 8);
        (Floats(high.GetLower()) * factor).Store(values + 16);
        (Floats(high.GetUpper()) * factor).Store(values + 24);
    }

    /// <summary><c>scale · number + offset</c> for 32 numbers, rounded after each step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ScaleAndAdd(Vector256<sbyte> numbers, float scale, float offset, float* values)
    {
        Vector256<float> factor = Vector256.Create(scale);
        Vector256<float> summand = Vector256.Create(offset);
        (Vector256<short> low, Vector256<short> high) = Vector256.Widen(numbers);
        ((Floats(low.GetLower()) * factor) + summand).Store(values);
        ((Floats(low.GetUpper()) * factor) + summand).Store(values + 8);
        ((Floats(high.GetLower()) * factor) + summand).Store(values + 16);
        ((Floats(high.GetUpper()) * factor) + summand).Store(values + 24);
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
    private static Vector256<float> Floats(Vector128<short> numbers)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(numbers);
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Floats(sbyte* numbers)
    {
        Vector128<short> wide = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<long>(numbers)).AsSByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)));
    }
}
