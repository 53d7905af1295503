using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MergeHost.Kernels.Selection;

/// <summary>Ranks the numbers of a row by magnitude.</summary>
/// <remarks>
/// Magnitudes of float32 sort as their bits do. They are dealt out by exponent and upper fraction, of which a row has some hundreds,
/// and what falls together is sorted by insertion, or by the framework where it is much.
/// </remarks>
public sealed class RowRanks
{
    private const int FractionBits = 18;
    private const int Bins = 1 << (31 - FractionBits);

    // Longer runs of one bin are rare, but where all numbers are alike they would take quadratic time.
    private const int MostInserted = 24;

    private readonly int[] _starts = new int[Bins + 1];
    private ulong[] _sorted = [];

    /// <summary>Writes the rank of each magnitude, from 0 for the smallest to 1 for the largest; of equal ones the lower index is first.</summary>
    /// <param name="values">The row. NaN ranks highest.</param>
    /// <param name="ranks">As long as the row; ½ where the row is one number.</param>
    public void Fill(ReadOnlySpan<float> values, Span<float> ranks)
    {
        int count = values.Length;
        if (count <= 1)
        {
            ranks[..count].Fill(0.5f);
            return;
        }

        if (_sorted.Length < count)
        {
            _sorted = new ulong[count];
        }

        Span<ulong> sorted = _sorted.AsSpan(0, count);
        (int low, int high) = Deal(MemoryMarshal.Cast<float, uint>(values), sorted);
        SortBins(sorted, low, high);
        float step = 1f / (count - 1);
        for (int rank = 0; rank < count; rank++)
        {
            ranks[(int)(uint)sorted[rank]] = rank * step;
        }

        ranks[(int)(uint)sorted[count - 1]] = 1;
    }

    // Magnitude above, index below: equal magnitudes stay in order. Afterwards each start is the end of its bin.
    private (int Low, int High) Deal(ReadOnlySpan<uint> bits, Span<ulong> sorted)
    {
        uint least = uint.MaxValue;
        uint most = 0;
        ref int starts = ref MemoryMarshal.GetArrayDataReference(_starts);
        foreach (uint value in bits)
        {
            uint bin = (value & 0x7FFF_FFFF) >> FractionBits;
            least = Math.Min(least, bin);
            most = Math.Max(most, bin);
            Unsafe.Add(ref starts, bin)++;
        }

        int next = 0;
        for (int bin = (int)least; bin <= (int)most; bin++)
        {
            (_starts[bin], next) = (next, next + _starts[bin]);
        }

        for (int i = 0; i < bits.Length; i++)
        {
            uint magnitude = bits[i] & 0x7FFF_FFFF;
            sorted[Unsafe.Add(ref starts, magnitude >> FractionBits)++] = ((ulong)magnitude << 32) | (uint)i;
        }

        return ((int)least, (int)most);
    }

    // Leaves the bins empty.
    private void SortBins(Span<ulong> sorted, int low, int high)
    {
        int first = 0;
        for (int bin = low; bin <= high; bin++)
        {
            int end = _starts[bin];
            _starts[bin] = 0;
            if (end - first > MostInserted)
            {
                sorted[first..end].Sort();
            }
            else
            {
                Insert(sorted[first..end]);
            }

            first = end;
        }
    }

    private static void Insert(Span<ulong> values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            ulong value = values[i];
            int place = i;
            for (; place > 0 && values[place - 1] > value; place--)
            {
                values[place] = values[place - 1];
            }

            values[place] = value;
        }
    }
}
