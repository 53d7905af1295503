using System.Runtime.InteropServices;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Selection;

/// <summary>Finds the k largest of values that are all in memory; what
/// <see cref="MagnitudeSelection"/> finds, without its tables.</summary>
public static class SmallSelection
{
    /// <summary>Selects by magnitude; NaN counts as zero, and of equal magnitudes the lowest index is kept.</summary>
    /// <param name="values">All values.</param>
    /// <param name="k">How many are kept, from 0 to the number of values.</param>
    public static MagnitudeCut Select(ReadOnlySpan<float> values, int k)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)k, (uint)values.Length, nameof(k));
        if (k == 0)
        {
            return new MagnitudeCut(float.PositiveInfinity, 0);
        }

        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        Span<int> counts = stackalloc int[256];
        uint threshold = 0;
        int missing = k;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            counts.Clear();
            foreach (uint value in bits)
            {
                uint magnitude = MagnitudeSelection.Magnitude(value);
                if (shift == 24 || magnitude >> (shift + 8) == threshold >> (shift + 8))
                {
                    counts[(int)(magnitude >> shift) & 0xFF]++;
                }
            }

            int bin = 255;
            while (missing > counts[bin])
            {
                missing -= counts[bin--];
            }

            threshold |= (uint)bin << shift;
        }

        return new MagnitudeCut(BitConverter.UInt32BitsToSingle(threshold), TieEnd(bits, threshold, missing));
    }

    /// <summary>Sets all but the k largest to zero, and leaves NaN as it is.</summary>
    /// <param name="values">All values.</param>
    /// <param name="k">How many are kept, from 0 to the number of values.</param>
    public static void Trim(Span<float> values, int k)
    {
        MagnitudeCut cut = Select(values, k);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = cut.Keeps(values[i], i) || float.IsNaN(values[i]) ? values[i] : 0;
        }
    }

    // One past the last kept one of the values that equal the threshold.
    private static long TieEnd(ReadOnlySpan<uint> bits, uint threshold, int kept)
    {
        long end = long.MaxValue;
        for (int i = 0; i < bits.Length; i++)
        {
            if (MagnitudeSelection.Magnitude(bits[i]) != threshold)
            {
                continue;
            }

            if (kept == 0)
            {
                return end;
            }

            kept--;
            end = i + 1;
        }

        return long.MaxValue;
    }
}
