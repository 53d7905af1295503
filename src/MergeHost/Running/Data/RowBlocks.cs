using System.Globalization;
using System.Numerics;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Running.Data;

/// <summary>Blocks that are cut between rows.</summary>
internal static class RowBlocks
{
    // What rows and units have in common may be much more than either; beyond this the tensor is one block.
    private const long Most = 1 << 24;

    /// <summary>Whether a treatment needs rows as a whole.</summary>
    public static bool AreNeeded(Treatment treatment) => treatment switch
    {
        ElementwiseTreatment elementwise => HasRanks(elementwise.Parameters),
        MeasureTreatment measure => measure.Statistics.Any(statistic =>
            statistic is RowStatistic || (statistic is SumStatistic sum && HasRanks(sum.Parameters))),
        _ => false,
    };

    /// <summary>How many elements a block has.</summary>
    /// <param name="output">The tensor.</param>
    /// <param name="run">What a block must be a multiple of.</param>
    /// <param name="usual">How many it should have.</param>
    /// <exception cref="MergeHostException">MH4003: a block would be larger than memory is addressed.</exception>
    public static int ElementsFor(TensorInfo output, long run, int usual)
    {
        long least = CommonMultiple(run, output.Shape.RowLength);
        if (least <= Most)
        {
            return (int)(Math.Max(1, usual / least) * least);
        }

        long whole = (output.ElementCount + run - 1) / run * run;
        return whole <= Array.MaxLength / sizeof(double) ? (int)whole : throw new MergeHostException([new Problem(
            ErrorCodes.MemoryBudget,
            string.Create(CultureInfo.InvariantCulture,
                $"tensor '{output.Name}': rows of {output.Shape.RowLength:N0} elements cannot be read in blocks, "
                    + $"and {output.ElementCount:N0} elements not at once"),
            "Use a strategy that does not look at rows for this tensor.")]);
    }

    /// <summary>The least common multiple.</summary>
    public static long CommonMultiple(long a, long b) => b == 0 ? a : a / (long)BigInteger.GreatestCommonDivisor(a, b) * b;

    private static bool HasRanks(KernelParameters parameters) => parameters.Ranks.Count > 0;
}
