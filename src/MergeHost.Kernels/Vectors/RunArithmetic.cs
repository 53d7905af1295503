using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Kernels.Vectors;

/// <summary>Arithmetic on runs of numbers, with the same bits on every processor.</summary>
public static class RunArithmetic
{
    /// <summary><c>Σ aᵢ bᵢ</c> in float64, in sixteen interleaved parts that are then added in order.</summary>
    /// <param name="a">Some numbers.</param>
    /// <param name="b">As many.</param>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        Vector512<double> even = Vector512<double>.Zero;
        Vector512<double> odd = Vector512<double>.Zero;
        int i = 0;
        for (; i + (2 * Vector512<double>.Count) <= a.Length; i += 2 * Vector512<double>.Count)
        {
            even += Wide(ref left, i) * Wide(ref right, i);
            odd += Wide(ref left, i + Vector512<double>.Count) * Wide(ref right, i + Vector512<double>.Count);
        }

        double sum = Sum(even + odd);
        for (; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }

    /// <summary><c>aᵢ − bᵢ</c></summary>
    /// <param name="a">Some numbers.</param>
    /// <param name="b">As many.</param>
    /// <param name="difference">As long.</param>
    public static void Subtract(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> difference)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, a.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(difference.Length, a.Length);
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        ref float result = ref MemoryMarshal.GetReference(difference);
        int i = 0;
        for (; i + Vector256<float>.Count <= a.Length; i += Vector256<float>.Count)
        {
            (Vector256.LoadUnsafe(ref left, (nuint)i) - Vector256.LoadUnsafe(ref right, (nuint)i)).StoreUnsafe(ref result, (nuint)i);
        }

        for (; i < a.Length; i++)
        {
            difference[i] = a[i] - b[i];
        }
    }

    /// <summary>The sum of a vector's numbers, in order.</summary>
    public static double Sum(Vector512<double> numbers)
    {
        double sum = 0;
        for (int part = 0; part < Vector512<double>.Count; part++)
        {
            sum += numbers[part];
        }

        return sum;
    }

    /// <summary>Numbers from a place on, as many as fit a vector, in float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Wide(ref float data, int index)
    {
        Vector256<float> values = Vector256.LoadUnsafe(ref data, (nuint)index);
        return Vector512.Create(Vector256.WidenLower(values), Vector256.WidenUpper(values));
    }
}
