using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>What blocks of 32 elements are made with.</summary>
internal static unsafe class Rounding
{
    public const int Elements = 32;

    /// <summary>The largest magnitude of 32 numbers.</summary>
    public static float LargestMagnitude(float* values)
    {
        Vector256<float> largest = Vector256<float>.Zero;
        for (int at = 0; at < Elements; at += 8)
        {
            largest = Vector256.MaxNative(largest, Vector256.Abs(Vector256.Load(values + at)));
        }

        Vector128<float> half = Vector128.MaxNative(largest.GetLower(), largest.GetUpper());
        return MathF.Max(MathF.Max(half[0], half[1]), MathF.Max(half[2], half[3]));
    }

    /// <summary>The number of the largest magnitude with its sign; of several, the first.</summary>
    public static float Extreme(float* values)
    {
        float magnitude = LargestMagnitude(values);
        for (int at = 0; at < Elements; at += 8)
        {
            uint found = Vector256.Equals(Vector256.Abs(Vector256.Load(values + at)), Vector256.Create(magnitude)).ExtractMostSignificantBits();
            if (found != 0)
            {
                return values[at + int.TrailingZeroCount((int)found)];
            }
        }

        return magnitude;
    }

    /// <summary>The smallest and the largest of 32 numbers.</summary>
    public static (float Least, float Most) Range(float* values)
    {
        Vector256<float> least = Vector256.Load(values);
        Vector256<float> most = least;
        for (int at = 8; at < Elements; at += 8)
        {
            Vector256<float> next = Vector256.Load(values + at);

            // By comparison, so that of 0 and -0 the first is kept.
            least = Vector256.ConditionalSelect(Vector256.LessThan(next, least), next, least);
            most = Vector256.ConditionalSelect(Vector256.GreaterThan(next, most), next, most);
        }

        // Neighbours first, so that of equals the first lane stays.
        foreach (Vector256<int> next in (ReadOnlySpan<Vector256<int>>)
            [Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7), Vector256.Create(2, 2, 2, 2, 6, 6, 6, 6), Vector256.Create(4, 4, 4, 4, 4, 4, 4, 4)])
        {
            Vector256<float> other = Vector256.Shuffle(least, next);
            least = Vector256.ConditionalSelect(Vector256.LessThan(other, least), other, least);
            other = Vector256.Shuffle(most, next);
            most = Vector256.ConditionalSelect(Vector256.GreaterThan(other, most), other, most);
        }

        return (least[0], most[0]);
    }

    /// <summary><c>1/scale</c>, and 0 for 0.</summary>
    public static float Inverse(float scale) => scale != 0 ? 1 / scale : 0;

    /// <summary><c>trunc((value − offset) · factor + shift)</c>, at most <paramref name="most"/>, for 32 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Truncate(float* values, float offset, float factor, float shift, int most)
    {
        Vector256<ushort> low = Vector256.Narrow(Truncated(values, offset, factor, shift, most), Truncated(values + 8, offset, factor, shift, most));
        Vector256<ushort> high = Vector256.Narrow(Truncated(values + 16, offset, factor, shift, most), Truncated(values + 24, offset, factor, shift, most));
        return Vector256.Narrow(low, high);
    }

    /// <summary><c>value · factor</c> rounded to the nearest whole number, halves away from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Round(float* values, float factor, byte* numbers)
    {
        // The largest number below a half: with a half itself, what is just below one would round up.
        Vector256<float> half = Vector256.Create(0.49999997f);
        Vector256<float> sign = Vector256.Create(-0f);
        for (int at = 0; at < Elements; at += 8)
        {
            Vector256<float> scaled = Vector256.Load(values + at) * Vector256.Create(factor);
            Store(Vector256.ConvertToInt32Native(scaled + (half | (scaled & sign))), numbers + at);
        }
    }

    /// <summary>Stores 8 small whole numbers as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> whole, byte* numbers)
    {
        Vector128<short> narrow = Vector128.Narrow(whole.GetLower(), whole.GetUpper());
        Unsafe.WriteUnaligned(numbers, Vector128.Narrow(narrow, narrow).AsInt64()[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Truncated(float* values, float offset, float factor, float shift, int most)
    {
        Vector256<float> scaled = (Vector256.Load(values) - Vector256.Create(offset)) * Vector256.Create(factor);
        return Vector256.Min(Vector256.ConvertToInt32Native(scaled + Vector256.Create(shift)), Vector256.Create(most)).AsUInt32();
    }
}
