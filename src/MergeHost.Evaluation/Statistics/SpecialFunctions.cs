namespace MergeHost.Evaluation.Statistics;

/// <summary>The normal and Student's distribution, to some 14 digits.</summary>
internal static class SpecialFunctions
{
    private const int MostSteps = 10_000;
    private const double Tiny = 1e-300;

    private static readonly double[] _lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
        -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary><c>P(Z &gt; z)</c> of the standard normal distribution.</summary>
    public static double NormalTail(double z) => z < 0 ? 1 - NormalTail(-z) : 0.5 * GammaTail(0.5, z * z / 2);

    /// <summary>The z with <c>P(Z ≤ z) = share</c>.</summary>
    /// <param name="share">In (0, 1).</param>
    public static double NormalQuantile(double share) =>
        share < 0.5 ? -Invert(NormalTail, share) : share == 0.5 ? 0 : Invert(NormalTail, 1 - share);

    /// <summary><c>P(T &gt; t)</c> of Student's distribution.</summary>
    public static double StudentTail(double t, double freedom) =>
        t < 0 ? 1 - StudentTail(-t, freedom) : 0.5 * Beta(freedom / 2, 0.5, freedom / (freedom + (t * t)));

    /// <summary>The t with <c>P(T ≤ t) = share</c>.</summary>
    /// <param name="share">In (0.5, 1).</param>
    /// <param name="freedom">The degrees of freedom, above 0.</param>
    public static double StudentQuantile(double share, double freedom) => Invert(t => StudentTail(t, freedom), 1 - share);

    /// <summary><c>ln Γ(x)</c></summary>
    public static double LogGamma(double x)
    {
        double sum = _lanczos[0];
        for (int i = 1; i < _lanczos.Length; i++)
        {
            sum += _lanczos[i] / (x - 1 + i);
        }

        double shifted = x + 6.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x - 0.5) * Math.Log(shifted)) - shifted + Math.Log(sum);
    }

    /// <summary>The regularised incomplete beta function.</summary>
    public static double Beta(double a, double b, double x)
    {
        if (x <= 0 || x >= 1)
        {
            return x <= 0 ? 0 : 1;
        }

        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x)));
        return x < (a + 1) / (a + b + 2) ? front * Fraction(a, b, x) / a : 1 - (front * Fraction(b, a, 1 - x) / b);
    }

    // Lentz's way to the continued fraction.
    private static double Fraction(double a, double b, double x)
    {
        double c = 1;
        double d = 1 / Away(1 - ((a + b) * x / (a + 1)));
        double product = d;
        for (int m = 1; m < MostSteps; m++)
        {
            double even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            d = 1 / Away(1 + (even * d));
            c = Away(1 + (even / c));
            product *= d * c;
            double odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / Away(1 + (odd * d));
            c = Away(1 + (odd / c));
            product *= d * c;
            if (Math.Abs((d * c) - 1) < 1e-16)
            {
                break;
            }
        }

        return product;
    }

    // The regularised upper incomplete gamma function.
    private static double GammaTail(double a, double x)
    {
        double front = Math.Exp((a * Math.Log(Math.Max(x, Tiny))) - x - LogGamma(a));
        if (x < a + 1)
        {
            double term = 1 / a;
            double sum = term;
            for (int n = 1; n < MostSteps && term > sum * 1e-17; n++)
            {
                term *= x / (a + n);
                sum += term;
            }

            return 1 - (front * sum);
        }

        double b = x + 1 - a;
        double c = 1 / Tiny;
        double d = 1 / b;
        double product = d;
        for (int n = 1; n < MostSteps; n++)
        {
            double factor = -n * (n - a);
            b += 2;
            d = 1 / Away((factor * d) + b);
            c = Away(b + (factor / c));
            product *= d * c;
            if (Math.Abs((d * c) - 1) < 1e-16)
            {
                break;
            }
        }

        return front * product;
    }

    private static double Away(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    // Where a falling function from 0.5 reaches a value below that.
    private static double Invert(Func<double, double> tail, double wanted)
    {
        double low = 0;
        double high = 1;
        while (tail(high) > wanted)
        {
            (low, high) = (high, high * 2);
        }

        for (int i = 0; i < 200 && high - low > 1e-15 * high; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = tail(middle) > wanted ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
