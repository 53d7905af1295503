using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>What blocks of 32 elements are made with.</summary>
internal static unsafe class Rounding
{
    private const int Elements = 32;
    private const int Half = Elements / 2;

    /// <summary>The largest magnitude of 32 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LargestMagnitude(float* values) =>
        Largest(Vector512.MaxNative(Vector512.Abs(Vector512.Load(values)), Vector512.Abs(Vector512.Load(values + Half))));

    /// <summary>The number of the largest magnitude with its sign; of several, the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Extreme(float* values)
    {
        Vector512<float> low = Vector512.Load(values);
        Vector512<float> high = Vector512.Load(values + Half);
        return values[First(Vector512.Abs(low), Vector512.Abs(high), LargestMagnitude(values))];
    }

    /// <summary>The smallest and the largest of 32 numbers; of 0 and -0, the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (float Least, float Most) Range(float* values)
    {
        Vector512<float> low = Vector512.Load(values);
        Vector512<float> high = Vector512.Load(values + Half);
        float least = -Largest(Vector512.MaxNative(-low, -high));
        float most = Largest(Vector512.MaxNative(low, high));
        return least == 0 || most == 0 ? (values[First(low, high, least)], values[First(low, high, most)]) : (least, most);
    }

    /// <summary><c>1/scale</c> in each lane, and 0 for 0.</summary>
    public static Vector512<float> Inverse(float scale) => Vector512.Create(scale != 0 ? 1 / scale : 0);

    /// <summary>Makes scales of numbers side by side.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="divisor">What they are divided by.</param>
    /// <param name="count">How many; there is room for a multiple of 16 everywhere.</param>
    /// <param name="scales">The scales in half precision.</param>
    /// <param name="inverses">One over each scale, and 0 for 0.</param>
    public static void Divide(float* numbers, float divisor, int count, ushort* scales, float* inverses)
    {
        for (int at = 0; at < count; at += Vector512<float>.Count)
        {
            // Zeros count as 0, not as -0.
            Vector512<float> scale = (Vector512.Load(numbers + at) + Vector512<float>.Zero) / Vector512.Create(divisor);
            Vector512<uint> half = Halves(scale);
            Vector256.Narrow(half.GetLower(), half.GetUpper()).Store(scales + at);
            Vector512.ConditionalSelect(Vector512.Equals(scale, Vector512<float>.Zero), scale, Vector512<float>.One / scale)
                .Store(inverses + at);
        }
    }

    /// <summary><c>trunc((value − offset) · factor + shift)</c>, at most <paramref name="most"/>, for 32 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Truncate(float* values, float offset, Vector512<float> factor, float shift, int most) =>
        Vector256.Create(Narrow(Truncated(values, offset, factor, shift, most)),
            Narrow(Truncated(values + Half, offset, factor, shift, most)));

    /// <summary>The same in halves of 16 bytes: the first 16 are the low ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> TruncateToNibbles(float* values, float offset, Vector512<float> factor, float shift) =>
        Narrow(Truncated(values, offset, factor, shift, 15) | (Truncated(values + Half, offset, factor, shift, 15) << 4));

    /// <summary><c>value · factor</c> rounded to the nearest whole number, halves away from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Round(float* values, Vector512<float> factor) =>
        Vector256.Create(Narrow(Rounded(values, factor)), Narrow(Rounded(values + Half, factor)));

    /// <summary>Stores 8 small whole numbers as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> whole, byte* numbers)
    {
        Vector128<short> narrow = Vector128.Narrow(whole.GetLower(), whole.GetUpper());
        Unsafe.WriteUnaligned(numbers, Vector128.Narrow(narrow, narrow).AsInt64()[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector512<float> numbers)
    {
        Vector256<float> half = Vector256.MaxNative(numbers.GetLower(), numbers.GetUpper());
        Vector128<float> four = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        four = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    // The first of 32 lanes that has a number; any if none has it, as where there is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint First(Vector512<float> low, Vector512<float> high, float number)
    {
        Vector512<float> everywhere = Vector512.Create(number);
        uint lowest = (uint)Vector512.Equals(low, everywhere).ExtractMostSignificantBits();
        uint highest = (uint)Vector512.Equals(high, everywhere).ExtractMostSignificantBits();
        return (uint)BitOperations.TrailingZeroCount(lowest | (highest << Half)) % Elements;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Truncated(float* values, float offset, Vector512<float> factor, float shift, int most)
    {
        Vector512<float> scaled = (Vector512.Load(values) - Vector512.Create(offset)) * factor;
        return Vector512.Min(Vector512.ConvertToInt32Native(scaled + Vector512.Create(shift)), Vector512.Create(most));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Rounded(float* values, Vector512<float> factor)
    {
        // The largest number below a half: with a half itself, what is just below one would round up.
        Vector512<float> scaled = Vector512.Load(values) * factor;
        return Vector512.ConvertToInt32Native(scaled + (Vector512.Create(0.49999997f) | (scaled & Vector512.Create(-0f))));
    }

    // As Bits.PutHalf has it, of numbers that are not NaN: below 2^-14 a sum with 0.5 cuts off what half precision does not hold.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Halves(Vector512<float> numbers)
    {
        Vector512<uint> bits = numbers.AsUInt32();
        Vector512<uint> magnitude = bits & Vector512.Create((uint)int.MaxValue);
        Vector512<uint> normal = (magnitude - Vector512.Create(Bits.BiasDifference) + Vector512.Create(0xFFFu)
            + ((magnitude >>> 13) & Vector512<uint>.One)) >>> 13;
        Vector512<uint> small = (magnitude.AsSingle() + Vector512.Create(0.5f)).AsUInt32() - Vector512.Create(0.5f).AsUInt32();
        Vector512<uint> half = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(Bits.LeastNormal)), small,
            normal);
        return Vector512.Min(half, Vector512.Create(Bits.InfiniteHalf)) | ((bits >>> 16) & Vector512.Create(0x8000u));
    }

    // 16 numbers of 8 bits, with a sign or without.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Narrow(Vector512<int> numbers)
    {
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector128Byte(numbers);
        }

        Vector256<short> half = Vector256.Narrow(numbers.GetLower(), numbers.GetUpper());
        return Vector128.Narrow(half.GetLower(), half.GetUpper()).AsByte();
    }
}
