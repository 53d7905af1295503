using System.Buffers;
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
        double[] exponentials = ArrayPool<double>.Shared.Rent(2 * row.Length);
        Span<double> p = exponentials.AsSpan(0, row.Length);
        Span<double> q = exponentials.AsSpan(row.Length, row.Length);
        double sum = Sum(p, Exponentials(row, p), q, Exponentials(other, q));
        ArrayPool<double>.Shared.Return(exponentials);
        return Math.Max(0, sum);
    }

    // Of the differences from the largest; returns their sum.
    private static double Exponentials(ReadOnlySpan<float> row, Span<double> exponentials)
    {
        double largest = Largest(row);
        ref float data = ref MemoryMarshal.GetReference(row);
        ref double results = ref MemoryMarshal.GetReference(exponentials);
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i + Vector512<double>.Count <= row.Length; i += Vector512<double>.Count)
        {
            Vector512<double> some = Vector512.Exp(RunArithmetic.Wide(ref data, i) - Vector512.Create(largest));
            some.StoreUnsafe(ref results, (nuint)i);
            sums += some;
        }

        double sum = RunArithmetic.Sum(sums);
        for (; i < row.Length; i++)
        {
            exponentials[i] = Vector512.Exp(Vector512.Create(row[i] - largest))[0];
            sum += exponentials[i];
        }

        return sum;
    }

    private static float Largest(ReadOnlySpan<float> row)
    {
        ref float data = ref MemoryMarshal.GetReference(row);
        Vector512<float> most = Vector512.Create(float.NegativeInfinity);
        int i = 0;
        for (; i + Vector512<float>.Count <= row.Length; i += Vector512<float>.Count)
        {
            most = Vector512.Max(most, Vector512.LoadUnsafe(ref data, (nuint)i));
        }

        float largest = float.NegativeInfinity;
        for (int lane = 0; lane < Vector512<float>.Count; lane++)
        {
            largest = Math.Max(largest, most[lane]);
        }

        for (; i < row.Length; i++)
        {
            largest = Math.Max(largest, row[i]);
        }

        return largest;
    }

    private static double Sum(ReadOnlySpan<double> p, double sumOfP, ReadOnlySpan<double> q, double sumOfQ)
    {
        ref double left = ref MemoryMarshal.GetReference(p);
        ref double right = ref MemoryMarshal.GetReference(q);
        Vector512<double> sums = Vector512<double>.Zero;
        int i = 0;
        for (; i + Vector512<double>.Count <= p.Length; i += Vector512<double>.Count)
        {
            sums += Terms(Vector512.LoadUnsafe(ref left, (nuint)i), sumOfP, Vector512.LoadUnsafe(ref right, (nuint)i), sumOfQ);
        }

        double sum = RunArithmetic.Sum(sums);
        for (; i < p.Length; i++)
        {
            sum += Terms(Vector512.Create(p[i]), sumOfP, Vector512.Create(q[i]), sumOfQ)[0];
        }

        return sum;
    }

    private static Vector512<double> Terms(Vector512<double> p, double sumOfP, Vector512<double> q, double sumOfQ)
    {
        Vector512<double> first = Probabilities(p, sumOfP);
        return first * Vector512.Log(first / Probabilities(q, sumOfQ));
    }

    private static Vector512<double> Probabilities(Vector512<double> exponentials, double sum) =>
        (exponentials / Vector512.Create(sum)) + Vector512.Create(Least);
}
