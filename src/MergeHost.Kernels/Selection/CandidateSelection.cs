using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Kernels.Selection;

/// <summary>Finds the k largest of any number of values by magnitude in one pass, if a bracket of the smallest of them is true.</summary>
/// <remarks>
/// The pass counts what lies above the bracket and keeps what lies within. <see cref="MagnitudeSelection"/> then looks through the few
/// that were kept. Where the bracket proves wrong, it looks through all values.
/// </remarks>
/// <param name="bracket">Where the smallest of the k largest magnitudes should lie.</param>
/// <param name="units">Into how many units the values are divided.</param>
/// <param name="memory">Room for the values that are kept; as long as the selection is used.</param>
/// <param name="mostKept">For how many there is room.</param>
public sealed unsafe class CandidateSelection(MagnitudeBracket bracket, int units, float* memory, long mostKept)
{
    /// <summary>How much longer than the values the memory for those that are kept must be.</summary>
    public static readonly int Slack = Vector512<uint>.Count;

    // For each set of eight that lie outside, where those within come from, one byte each.
    private static readonly ulong[] _leftPlaces = [.. Enumerable.Range(0, 1 << Vector256<int>.Count).Select(LeftPlaces)];

    private readonly uint _low = BitConverter.SingleToUInt32Bits(bracket.Low);
    private readonly uint _high = BitConverter.SingleToUInt32Bits(bracket.High);
    private readonly (long First, int Count)[] _kept = new (long, int)[units];
    private long _above;
    private long _within;

    /// <summary>Looks through values of one unit.</summary>
    /// <param name="values">Some of the values.</param>
    /// <param name="kept">Longer by <see cref="Slack"/>; its beginning receives the magnitudes within the bracket.</param>
    /// <param name="above">Receives how many lie above.</param>
    /// <returns>How many lie within.</returns>
    public int Collect(ReadOnlySpan<float> values, Span<float> kept, out int above)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(kept.Length, values.Length + Slack);
        ref uint found = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, uint>(kept));
        ref uint data = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, uint>(values));
        Vector512<uint> low = Vector512.Create(_low);
        Vector512<uint> high = Vector512.Create(_high);
        int within = 0;
        above = 0;
        int i = 0;
        if (Avx2.IsSupported && !Avx512F.IsSupported)
        {
            i = CollectEights(values, ref found, ref within, ref above);
        }

        for (; i + Vector512<uint>.Count <= values.Length; i += Vector512<uint>.Count)
        {
            Vector512<uint> magnitudes = MagnitudeSelection.Magnitudes(ref data, i);
            Vector512<uint> isAbove = Vector512.GreaterThan(magnitudes, high);
            Vector512<uint> isWithin = Vector512.AndNot(Vector512.GreaterThanOrEqual(magnitudes, low), isAbove);
            above += BitOperations.PopCount(isAbove.ExtractMostSignificantBits());
            if (Avx512F.IsSupported)
            {
                Avx512F.Compress(Vector512<uint>.Zero, isWithin, magnitudes).StoreUnsafe(ref found, (nuint)within);
                within += BitOperations.PopCount(isWithin.ExtractMostSignificantBits());
                continue;
            }

            for (ulong places = isWithin.ExtractMostSignificantBits(); places != 0; places &= places - 1)
            {
                kept[within++] = values[i + BitOperations.TrailingZeroCount(places)];
            }
        }

        for (; i < values.Length; i++)
        {
            uint magnitude = MagnitudeSelection.Magnitude(BitConverter.SingleToUInt32Bits(values[i]));
            above += magnitude > _high ? 1 : 0;
            if (magnitude >= _low && magnitude <= _high)
            {
                kept[within++] = values[i];
            }
        }

        return within;
    }

    // What AVX-512 does in one instruction: those within move to the left, by a table of the ways to do so.
    private int CollectEights(ReadOnlySpan<float> values, ref uint found, ref int within, ref int above)
    {
        ref uint data = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, uint>(values));
        ref ulong places = ref MemoryMarshal.GetArrayDataReference(_leftPlaces);
        Vector256<int> low = Vector256.Create((int)_low);
        Vector256<int> high = Vector256.Create((int)_high);
        Vector256<int> counts = Vector256<int>.Zero;
        int i = 0;
        for (; i + Vector256<int>.Count <= values.Length; i += Vector256<int>.Count)
        {
            Vector256<int> magnitudes = Vector256.LoadUnsafe(ref data, (nuint)i).AsInt32() & Vector256.Create(0x7FFF_FFFF);
            magnitudes = Vector256.AndNot(magnitudes, Vector256.GreaterThan(magnitudes, Vector256.Create(0x7F80_0000)));
            Vector256<int> isAbove = Vector256.GreaterThan(magnitudes, high);
            counts -= isAbove;
            uint isOutside = (isAbove | Vector256.GreaterThan(low, magnitudes)).ExtractMostSignificantBits();
            Vector128<byte> order = Vector128.CreateScalarUnsafe(Unsafe.Add(ref places, (nint)isOutside)).AsByte();
            Avx2.PermuteVar8x32(magnitudes, Avx2.ConvertToVector256Int32(order)).AsUInt32().StoreUnsafe(ref found, (nuint)within);
            within += Vector256<int>.Count - BitOperations.PopCount(isOutside);
        }

        above += Vector256.Sum(counts);
        return i;
    }

    private static ulong LeftPlaces(int isOutside)
    {
        int[] inside = [.. Enumerable.Range(0, Vector256<int>.Count).Where(place => (isOutside >> place & 1) == 0)];
        return inside.Index().Aggregate(0UL, (places, pair) => places | ((ulong)pair.Item << (8 * pair.Index)));
    }

    /// <summary>Takes what was found in a whole unit; from several threads at once.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="kept">Its values within the bracket.</param>
    /// <param name="above">How many lie above.</param>
    public void Add(int unit, ReadOnlySpan<float> kept, int above)
    {
        Interlocked.Add(ref _above, above);
        long end = Interlocked.Add(ref _within, kept.Length);
        if (end <= mostKept)
        {
            _kept[unit] = (end - kept.Length, kept.Length);
            kept.CopyTo(Kept(unit));
        }
    }

    /// <summary>Selects among the kept values, when all units were added.</summary>
    /// <param name="k">How many of all values are kept, at least 1.</param>
    /// <param name="selection">Comes to pass 3 or 4.</param>
    /// <param name="counts"><see cref="MagnitudeSelection.Bins"/> counters at zero.</param>
    /// <returns>False if the bracket proved wrong.</returns>
    public bool TrySelect(long k, MagnitudeSelection selection, Span<uint> counts)
    {
        if (_above >= k || _above + _within < k || _within > mostKept)
        {
            return false;
        }

        selection.Begin(units);
        while (selection.Pass < 2)
        {
            for (int unit = 0; unit < units; unit++)
            {
                selection.Count(Kept(unit), counts);
            }

            selection.Add(counts);
            selection.EndPass(k - _above);
        }

        if (selection.Pass == 2)
        {
            for (int unit = 0; unit < units; unit++)
            {
                selection.CountTies(Kept(unit), unit);
            }

            selection.EndPass(k - _above);
        }

        return true;
    }

    private Span<float> Kept(int unit) => new(memory + _kept[unit].First, _kept[unit].Count);
}
