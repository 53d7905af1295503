using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MergeHost.Kernels.Vectors;

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
            sums += Terms(RunArithmetic.Wide(ref left, i), p, RunArithmetic.Wide(ref right, i), q);
        }

        double sum = RunArithmetic.Sum(sums);
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
            sums += Vector512.Exp(RunArithmetic.Wide(ref data, i) - Vector512.Create((double)largest));
        }

        double sum = RunArithmetic.Sum(sums);
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
}
