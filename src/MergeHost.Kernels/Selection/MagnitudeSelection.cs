using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Selection;

/// <summary>Finds the k largest of any number of values by magnitude, exactly, in two or three passes and fixed memory.</summary>
/// <remarks>
/// Magnitudes of float32 sort as their bits do, so the first pass counts their upper 16 bits, the second the lower 16 of those
/// in the bin where the k-th lies. That gives the threshold. When it is shared by values of which only some are kept, a third pass
/// counts them unit by unit, and <see cref="FindTie"/> looks into the one unit where the last kept one lies. NaN counts as zero; where
/// there are infinities, or NaN that looks like them in its upper bits, the first pass is made twice.
/// Passes must see the same values; within a pass, any order and any number of threads will do, but those of a unit in one thread.
/// </remarks>
public sealed class MagnitudeSelection
{
    /// <summary>The number of counters that a thread needs for itself.</summary>
    public const int Bins = 1 << 16;

    private const int UpperBins = 1 << 15;
    private const int InfinityBin = 0x7F80;

    private readonly ulong[] _totals = new ulong[Bins];
    private int _units;
    private bool _isCareful;
    private uint _threshold;
    private ulong _missing;
    private int[] _ties = [];

    /// <summary>Prepares the first pass, also of an object that has served before.</summary>
    /// <param name="units">Into how many units the values are divided, for the third pass.</param>
    public void Begin(int units)
    {
        (_missing, _units, _isCareful) = (0, units, false);
        (Pass, TieUnit, Cut, _ties) = (0, 0, default, []);
        Array.Clear(_totals);
    }

    /// <summary>Which pass over the values is due: 0, 1 or 2; 3 when <see cref="FindTie"/> is due, 4 when the result is there.</summary>
    public int Pass { get; private set; }

    /// <summary>In pass 3, the unit that <see cref="FindTie"/> must be shown.</summary>
    public int TieUnit { get; private set; }

    /// <summary>The result, once <see cref="Pass"/> is 4; its tie end is relative to the begin of
    /// <see cref="TieUnit"/>, if it is not all.</summary>
    public MagnitudeCut Cut { get; private set; }

    /// <summary>Counts values in pass 0 or 1.</summary>
    /// <param name="values">Some of the values.</param>
    /// <param name="counts"><see cref="Bins"/> counters of the calling thread, to which is added.</param>
    public void Count(ReadOnlySpan<float> values, Span<uint> counts)
    {
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(values);
        if (Pass == 1)
        {
            CountLower(bits, _threshold, counts[..Bins]);
        }
        else if (_isCareful)
        {
            CountUpperOfNumbers(bits, counts[..Bins]);
        }
        else
        {
            CountUpper(bits, counts[..Bins]);
        }
    }

    /// <summary>Takes a thread's counters into the total and sets them to zero; not for several threads at once.</summary>
    public void Add(Span<uint> counts)
    {
        for (int bin = 0; bin < Bins; bin++)
        {
            _totals[bin] += counts[bin];
        }

        counts.Clear();
    }

    /// <summary>Counts, in pass 2, the values of a unit that equal the threshold.</summary>
    public void CountTies(ReadOnlySpan<float> values, int unit) =>
        _ties[unit] += CountEqual(MemoryMarshal.Cast<float, uint>(values), _threshold);

    /// <summary>How many of some values are zero; NaN counts as zero.</summary>
    public static int CountZeros(ReadOnlySpan<float> values) => CountEqual(MemoryMarshal.Cast<float, uint>(values), 0);

    /// <summary>Ends a pass that has seen all values.</summary>
    /// <param name="k">How many are kept, at least 1 and at most as many as there are values; read at the end of the first pass.</param>
    public void EndPass(long k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        switch (Pass)
        {
            case 0:
                JoinUpper();
                if (_totals[InfinityBin] > 0 && !_isCareful)
                {
                    _isCareful = true;
                    Array.Clear(_totals);
                    break;
                }

                _missing = (ulong)k;
                _threshold = (uint)TakeBin() << 16;
                Pass = 1;
                break;
            case 1:
                int bin = TakeBin(out ulong ties);
                _threshold |= (uint)bin;
                Cut = new MagnitudeCut(BitConverter.UInt32BitsToSingle(_threshold), long.MaxValue);
                Pass = _missing == ties ? 4 : 2;
                _ties = Pass == 2 ? new int[_units] : [];
                break;
            case 2:
                while (_missing > (ulong)_ties[TieUnit])
                {
                    _missing -= (ulong)_ties[TieUnit++];
                }

                Pass = 3;
                break;
        }
    }

    /// <summary>Finds, in pass 3, the last kept one of equal values.</summary>
    /// <param name="values">All values of <see cref="TieUnit"/>.</param>
    public void FindTie(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (Magnitude(BitConverter.SingleToUInt32Bits(values[i])) == _threshold && --_missing == 0)
            {
                Cut = Cut with { TieEnd = i + 1 };
                Pass = 4;
                return;
            }
        }
    }

    private int TakeBin() => TakeBin(out _);

    // From the largest magnitudes down: the bin in which the last wanted one lies. Leaves the number still missing within it.
    private int TakeBin(out ulong inBin)
    {
        int bin = Bins - 1;
        while (bin > 0 && _missing > _totals[bin])
        {
            _missing -= _totals[bin--];
        }

        inBin = _totals[bin];
        _totals.AsSpan().Clear();
        return bin;
    }

    // NaN has all exponent bits set and more; it becomes zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Magnitude(uint bits)
    {
        uint magnitude = bits & 0x7FFF_FFFF;
        return magnitude > 0x7F80_0000 ? 0 : magnitude;
    }

    // Without the sign, 15 bits are left: neighbours take turns with two sets of counters, since a counter that was just written is
    // slow to read. NaN is sorted out when the pass ends, if its upper bits tell it from an infinity.
    private static void CountUpper(ReadOnlySpan<uint> bits, Span<uint> counts)
    {
        ref uint even = ref MemoryMarshal.GetReference(counts);
        ref uint odd = ref Unsafe.Add(ref even, UpperBins);
        ReadOnlySpan<ulong> pairs = MemoryMarshal.Cast<uint, ulong>(bits);
        foreach (ulong pair in pairs)
        {
            Unsafe.Add(ref even, (nint)((pair >> 16) & 0x7FFF))++;
            Unsafe.Add(ref odd, (nint)((pair >> 48) & 0x7FFF))++;
        }

        for (int i = 2 * pairs.Length; i < bits.Length; i++)
        {
            Unsafe.Add(ref even, (nint)((bits[i] >> 16) & 0x7FFF))++;
        }
    }

    private static void CountUpperOfNumbers(ReadOnlySpan<uint> bits, Span<uint> counts)
    {
        foreach (uint value in bits)
        {
            counts[(int)(Magnitude(value) >> 16)]++;
        }
    }

    private void JoinUpper()
    {
        for (int bin = 0; bin < UpperBins; bin++)
        {
            _totals[bin] += _totals[bin + UpperBins];
            _totals[bin + UpperBins] = 0;
        }

        for (int bin = InfinityBin + 1; bin < UpperBins; bin++)
        {
            _totals[0] += _totals[bin];
            _totals[bin] = 0;
        }
    }

    private static void CountLower(ReadOnlySpan<uint> bits, uint prefix, Span<uint> counts)
    {
        ref uint data = ref MemoryMarshal.GetReference(bits);
        ref uint first = ref MemoryMarshal.GetReference(counts);
        Vector512<uint> wanted = Vector512.Create(prefix >> 16);
        int i = 0;
        for (; i + Vector512<uint>.Count <= bits.Length; i += Vector512<uint>.Count)
        {
            ulong matches = Vector512.Equals(Magnitudes(ref data, i) >>> 16, wanted).ExtractMostSignificantBits();
            for (; matches != 0; matches &= matches - 1)
            {
                int place = i + BitOperations.TrailingZeroCount(matches);
                Unsafe.Add(ref first, Magnitude(Unsafe.Add(ref data, place)) & 0xFFFF)++;
            }
        }

        for (; i < bits.Length; i++)
        {
            uint magnitude = Magnitude(bits[i]);
            if (magnitude >> 16 == prefix >> 16)
            {
                Unsafe.Add(ref first, magnitude & 0xFFFF)++;
            }
        }
    }

    private static int CountEqual(ReadOnlySpan<uint> bits, uint threshold)
    {
        ref uint data = ref MemoryMarshal.GetReference(bits);
        Vector512<uint> wanted = Vector512.Create(threshold);
        int count = 0;
        int i = 0;
        for (; i + Vector512<uint>.Count <= bits.Length; i += Vector512<uint>.Count)
        {
            count += BitOperations.PopCount(Vector512.Equals(Magnitudes(ref data, i), wanted).ExtractMostSignificantBits());
        }

        for (; i < bits.Length; i++)
        {
            count += Magnitude(bits[i]) == threshold ? 1 : 0;
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<uint> Magnitudes(ref uint data, int index)
    {
        Vector512<uint> magnitude = Vector512.LoadUnsafe(ref data, (nuint)index) & Vector512.Create(0x7FFF_FFFFu);

        // Without the sign bit signed numbers compare alike, and AVX2 compares no others.
        return Vector512.AndNot(magnitude, Vector512.GreaterThan(magnitude.AsInt32(), Vector512.Create(0x7F80_0000)).AsUInt32());
    }
}
