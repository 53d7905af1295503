using System.Numerics;

namespace MergeHost.Evaluation.Statistics;

/// <summary>McNemar's exact test: whether one of two models is right on more of the items on which they differ.</summary>
/// <seealso href="https://doi.org/10.1007/BF02295996"/>
internal static class McNemar
{
    /// <summary>The probability, two-sided, of a difference as large if both were as good: <c>min(1,
    /// 2·P(X ≤ min))</c>, X binomial with ½.</summary>
    /// <param name="onlyFirst">On how many items only the first is right.</param>
    /// <param name="onlySecond">On how many items only the second is right.</param>
    public static double Exact(int onlyFirst, int onlySecond)
    {
        int total = onlyFirst + onlySecond;
        BigInteger term = BigInteger.One;
        BigInteger sum = BigInteger.One;
        for (int k = 1; k <= Math.Min(onlyFirst, onlySecond); k++)
        {
            term = term * (total - k + 1) / k;
            sum += term;
        }

        return Math.Min(1, 2 * Share(sum, total));
    }

    // sum / 2^total, which both may be beyond what a double holds.
    private static double Share(BigInteger sum, int total)
    {
        int spare = (int)Math.Max(0, (long)sum.GetBitLength() - 64);
        return Math.ScaleB((double)(sum >> spare), spare - total);
    }
}
