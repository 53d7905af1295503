using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>A combination of vectors.</summary>
internal static class Combination
{
    // Coefficients of a mean sum to one. Much larger ones cancel out, and with them the digits of float32.
    private const double Cancelling = 4;

    /// <summary>Makes it, with the same coefficients for all elements.</summary>
    public static Treatment Of(double[] coefficients)
    {
        KernelParameters parameters = new(CombinationKernel.Slots, coefficients.Length);
        parameters.Fill(CombinationKernel.Coefficient, coefficients);
        parameters.Fill(CombinationKernel.Rest, coefficients.Select(coefficient => coefficient - (float)coefficient));
        return coefficients.Sum(Math.Abs) > Cancelling
            ? Treatment.Elementwise<CompensatedCombinationKernel>(parameters)
            : Treatment.Elementwise<CombinationKernel>(parameters);
    }
}
