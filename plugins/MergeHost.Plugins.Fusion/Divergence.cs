using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Fusion;

/// <summary>How far the softmax of one row lies from that of another.</summary>
internal static class Divergence
{
    // Added to every probability, as in mergekit, so that none is zero.
    private const double Least = 1e-8;

    /// <summary><c>Σ pᵢ ln (pᵢ / qᵢ)</c> with <c>p = softmax(row) + 1e-8</c> and q the same of the other row; never negative.</summary>
    public static double Of(ReadOnlySpan<float> row, ReadOnlySpan<float> other)
    {
        (double Largest, double Sum) p = Exponentials(row);
        (double Largest, double Sum) q = Exponentials(other);
        ref float left = ref MemoryMarshal.GetReference(row);
        ref float right = ref MemoryMarshal.GetReference(other);
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i + Vector512<double>.Count <= row.Length; i += Vector512<double>.Count)
        {
            sums += Terms(Wide(ref left, i), p, Wide(ref right, i), q);
        }

        double sum = Total(sums);
        for (; i < row.Length; i++)
        {
            sum += Terms(Vector512.Create((double)row[i]), p, Vector512.Create((double)other[i]), q)[0];
        }

        return Math.Max(0, sum);
    }

    // The largest, and the sum of the exponentials of all differences from it.
    private static (double Largest, double Sum) Exponentials(ReadOnlySpan<float> row)
    {
        float largest = float.NegativeInfinity;
        foreach (float value in row)
        {
            largest = Math.Max(largest, value);
        }

        ref float data = ref MemoryMarshal.GetReference(row);
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i + Vector512<double>.Count <= row.Length; i += Vector512<double>.Count)
        {
            sums += Vector512.Exp(Wide(ref data, i) - Vector512.Create((double)largest));
        }

        double sum = Total(sums);
        for (; i < row.Length; i++)
        {
            sum += Vector512.Exp(Vector512.Create((double)row[i] - largest))[0];
        }

        return (largest, sum);
    }

    private static Vector512<double> Terms(
        Vector512<double> a, (double Largest, double Sum) p, Vector512<double> b, (double Largest, double Sum) q)
    {
        Vector512<double> first = Softmax(a, p);
        return first * Vector512.Log(first / Softmax(b, q));
    }

    private static Vector512<double> Softmax(Vector512<double> values, (double Largest, double Sum) of) =>
        (Vector512.Exp(values - Vector512.Create(of.Largest)) / Vector512.Create(of.Sum)) + Vector512.Create(Least);

    private static double Total(Vector512<double> parts)
    {
        double total = 0;
        for (int part = 0; part < Vector512<double>.Count; part++)
        {
            total += parts[part];
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Wide(ref float data, int index)
    {
        Vector256<float> values = Vector256.LoadUnsafe(ref data, (nuint)index);
        return Vector512.Create(Vector256.WidenLower(values), Vector256.WidenUpper(values));
    }
}
