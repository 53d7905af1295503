namespace MergeHost.Plugins.Spear.Spectra;

/// <summary>
/// The law of the singular values of a large matrix of independent noise, <c>[m, n]</c> with <c>β = m/n ≤ 1</c>, in units of
/// <c>σ·√n</c>: they lie in <c>[1 − √β, 1 + √β]</c>.
/// </summary>
/// <seealso href="https://doi.org/10.1070/SM1967v001n04ABEH001994">Marchenko and Pastur, Distribution of
/// eigenvalues for some sets of random matrices</seealso>
internal static class MarchenkoPastur
{
    /// <summary>The median <c>μ(β)</c> of the law, by halving; 0.8085 at β = 1.</summary>
    /// <param name="beta">In (0, 1].</param>
    public static double Median(double beta)
    {
        double p = 1 + beta;
        double q = 2 * Math.Sqrt(beta);
        double low = 0;
        double high = Math.PI;
        while (low + high is var sum && sum / 2 > low && sum / 2 < high)
        {
            if (ShareAbove(sum / 2, beta) < 0.5)
            {
                low = sum / 2;
            }
            else
            {
                high = sum / 2;
            }
        }

        return Math.Sqrt(p + (q * Math.Cos(low)));
    }

    /// <summary>The factor <c>ω(β)</c>: values above <c>ω·σ·√n</c> are worth keeping, whatever they hold; 4/√3 at β = 1.</summary>
    /// <param name="beta">In (0, 1].</param>
    /// <seealso href="https://arxiv.org/abs/1305.5870">Gavish and Donoho, The optimal hard threshold for singular values is 4/√3</seealso>
    public static double HardThreshold(double beta) =>
        Math.Sqrt((2 * (beta + 1)) + (8 * beta / (beta + 1 + Math.Sqrt((beta * beta) + (14 * beta) + 1))));

    // The share of squared values x = 1 + β + 2√β·cos φ that lie above the one of an angle. Their density becomes
    // 2·sin²φ / (π·x) dφ, whose integral is elementary.
    private static double ShareAbove(double angle, double beta)
    {
        double root = Math.Sqrt(beta);
        double q = 2 * root;
        double tangent = Math.Atan((1 - root) / (1 + root) * Math.Tan(angle / 2));
        return 2 / Math.PI * ((((1 + beta) * angle) - (2 * (1 - beta) * tangent)) / (q * q) - (Math.Sin(angle) / q));
    }
}
