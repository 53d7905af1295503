using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Kernels.Selection;

/// <summary>Ranks the numbers of a row by magnitude, in time that grows with their number alone.</summary>
/// <remarks>
/// Magnitudes of float32 sort as their bits do. They are counted by exponent and five bits of the fraction; those that agree in these, to
/// about 3 %, share the mean of their ranks, so that the sum of all ranks is exact, and equal magnitudes have equal ranks.
/// </remarks>
public sealed class RowRanks
{
    private const int LowBits = 18;
    private const int Bins = 1 << (31 - LowBits);

    // Neighbours take turns with two sets of counters, since a counter that was just written is slow to read.
    private readonly int[] _counts = new int[2 * Bins];
    private readonly float[] _ranks = new float[Bins];

    /// <summary>Writes the rank of each magnitude, from 0 for the smallest to 1 for the largest; NaN ranks highest.</summary>
    /// <param name="values">The row.</param>
    /// <param name="ranks">As long as the row; ½ where the row is one number.</param>
    public void Fill(ReadOnlySpan<float> values, Span<float> ranks)
    {
        if (values.Length <= 1)
        {
            ranks[..values.Length].Fill(0.5f);
            return;
        }

        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        Count(bits);
        RankBins(bits, 1.0 / (values.Length - 1));
        ref float ofBins = ref MemoryMarshal.GetArrayDataReference(_ranks);
        ref uint data = ref MemoryMarshal.GetReference(bits);
        ref float result = ref MemoryMarshal.GetReference(ranks[..values.Length]);
        for (int i = 0; i < bits.Length; i++)
        {
            Unsafe.Add(ref result, i) = Unsafe.Add(ref ofBins, (nint)((Unsafe.Add(ref data, i) & 0x7FFF_FFFF) >> LowBits));
        }
    }

    private void Count(ReadOnlySpan<uint> bits)
    {
        ref int even = ref MemoryMarshal.GetArrayDataReference(_counts);
        ref int odd = ref Unsafe.Add(ref even, Bins);
        ReadOnlySpan<ulong> pairs = MemoryMarshal.Cast<uint, ulong>(bits);
        foreach (ulong pair in pairs)
        {
            Unsafe.Add(ref even, (nint)((pair & 0x7FFF_FFFF) >> LowBits))++;
            Unsafe.Add(ref odd, (nint)((pair >> 32 & 0x7FFF_FFFF) >> LowBits))++;
        }

        if (bits.Length % 2 > 0)
        {
            Unsafe.Add(ref even, (nint)((bits[^1] & 0x7FFF_FFFF) >> LowBits))++;
        }
    }

    // Goes over the bins from the smallest magnitude to the largest, and leaves their counters at zero. Zeros are apart from all others.
    private void RankBins(ReadOnlySpan<uint> bits, double step)
    {
        (uint least, uint most) = Range(bits);
        int before = Rank(0, 0, step);
        for (uint bin = Math.Max(1, least >> LowBits); bin <= most >> LowBits; bin++)
        {
            before = Rank((int)bin, before, step);
        }
    }

    private int Rank(int bin, int before, double step)
    {
        int count = _counts[bin] + _counts[bin + Bins];
        if (count > 0)
        {
            (_counts[bin], _counts[bin + Bins]) = (0, 0);
            _ranks[bin] = (float)((before + ((count - 1) / 2.0)) * step);
        }

        return before + count;
    }

    // The smallest magnitude that is not zero, or nearly so, and the largest.
    private static (uint Least, uint Most) Range(ReadOnlySpan<uint> bits)
    {
        ref uint data = ref MemoryMarshal.GetReference(bits);
        Vector512<uint> largest = Vector512<uint>.Zero;
        Vector512<uint> smallest = Vector512<uint>.AllBitsSet;
        Vector512<uint> first = Vector512.Create(1u << LowBits);
        int i = 0;
        for (; i + Vector512<uint>.Count <= bits.Length; i += Vector512<uint>.Count)
        {
            Vector512<uint> magnitudes = Vector512.LoadUnsafe(ref data, (nuint)i) & Vector512.Create(0x7FFF_FFFFu);
            largest = Vector512.Max(largest, magnitudes);

            // What is below the first bin wraps round to above all others.
            smallest = Vector512.Min(smallest, magnitudes - first);
        }

        uint most = 0;
        uint least = uint.MaxValue;
        for (int lane = 0; lane < Vector512<uint>.Count; lane++)
        {
            most = Math.Max(most, largest[lane]);
            least = Math.Min(least, smallest[lane]);
        }

        for (; i < bits.Length; i++)
        {
            uint magnitude = bits[i] & 0x7FFF_FFFF;
            most = Math.Max(most, magnitude);
            least = Math.Min(least, unchecked(magnitude - (1u << LowBits)));
        }

        return (unchecked(least + (1u << LowBits)), most);
    }
}
