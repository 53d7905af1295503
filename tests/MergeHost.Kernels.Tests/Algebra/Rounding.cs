namespace MergeHost.Kernels.Tests.Algebra;

/// <summary>How far results may be from the truth, whatever the processor and the order of its sums: the
/// bounds of backward-stable algorithms.</summary>
/// <seealso href="https://www.netlib.org/lapack/lug/node72.html"/>
internal static class Rounding
{
    /// <summary>The distance of 1 from the next number in float32.</summary>
    public const double Single = 1.0 / (1 << 23);

    /// <summary>The distance of 1 from the next number in float64.</summary>
    public const double Double = 1.0 / (1L << 52);

    // Of the modest polynomial p(n) in p(n)·ε·‖A‖; LAPACK's own tests allow 30.
    private const double Factor = 8;

    /// <summary><c>p(n)·ε·‖A‖</c> in float64: eigenvalues, singular values, sums of n numbers, factors and what they make up.</summary>
    /// <param name="n">The larger extent, or the number of terms.</param>
    /// <param name="norm">‖A‖, or the sum of the terms' magnitudes.</param>
    public static double Stable(int n, double norm = 1) => Factor * n * Double * norm;

    /// <summary>What <see cref="Stable"/> allows, and each number of two factors rounded to float32.</summary>
    public static double Stored(int n, double norm = 1) => (2 * Single * norm) + Stable(n, norm);

    /// <summary>
    /// A singular value by the eigenvalues of <c>A·Aᵀ</c>, each of which is off by <c>p(n)·ε·‖A‖²</c>: that over σ
    /// where σ is large, and its root where σ is none.
    /// </summary>
    public static double ThroughGram(int n, double norm, double value)
    {
        double ofSquare = Stable(n, norm * norm);
        return double.Min(double.Sqrt(ofSquare), value == 0 ? double.PositiveInfinity : ofSquare / value);
    }
}
