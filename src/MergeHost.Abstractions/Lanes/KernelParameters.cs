using MergeHost.Strategies;

namespace MergeHost.Lanes;

/// <summary>The table of numbers that a kernel reads by <see cref="IKernelContext{V}.P"/>: one row a slot, one column a source.</summary>
/// <remarks>Filled by the strategy before it is handed over, and not changed afterwards.</remarks>
public sealed class KernelParameters
{
    private readonly float[] _values;
    private readonly Dictionary<int, (long Place, float Value)> _changes = [];
    private readonly Dictionary<int, IReadOnlyList<float>> _rows = [];
    private long _rowLength;

    /// <summary>Makes a table of zeros.</summary>
    /// <param name="slots">How many numbers the kernel knows for each source, at least 0.</param>
    /// <param name="sources">How many columns, at least 1.</param>
    public KernelParameters(int slots, int sources)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        ArgumentOutOfRangeException.ThrowIfLessThan(sources, 1);
        Slots = slots;
        Sources = sources;
        _values = new float[slots * sources];
    }

    /// <summary>The number of rows.</summary>
    public int Slots { get; }

    /// <summary>The number of columns.</summary>
    public int Sources { get; }

    /// <summary>How many streams of random numbers the kernel draws from, 0 by default.</summary>
    public int Streams { get; init; }

    /// <summary>Of what the kernel asks the rank within a row, none by default; no formulas.</summary>
    /// <remarks>
    /// Blocks are then cut between rows: a treatment with ranks, or a statistic, must be among the first that a tensor asks for.
    /// </remarks>
    public IReadOnlyList<Operand> Ranks { get; init; } = [];

    /// <summary>The number at a place of the table.</summary>
    public float this[int slot, int source]
    {
        get => _values[Index(slot, source)];
        set
        {
            int index = Index(slot, source);
            _values[index] = value;
            _changes.Remove(index);
            _rows.Remove(index);
        }
    }

    /// <summary>Sets a number of each source, rounded to float32.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="values">One a source.</param>
    public void Fill(int slot, IEnumerable<double> values)
    {
        int source = 0;
        foreach (double value in values)
        {
            this[slot, source++] = (float)value;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(source, Sources, nameof(values));
    }

    /// <summary>
    /// Sets a threshold so that <c>|x| &lt; P(slot, source)</c> holds for just the elements that the cut drops: among equal magnitudes
    /// those of higher flat index. NaN and infinities are not dropped, so that they show in the result.
    /// </summary>
    public void Set(int slot, int source, MagnitudeCut cut)
    {
        float above = MathF.BitIncrement(cut.Threshold);
        this[slot, source] = cut.TieEnd > 0 ? cut.Threshold : above;
        if (cut.TieEnd is > 0 and < long.MaxValue)
        {
            _changes[Index(slot, source)] = (cut.TieEnd, above);
        }
    }

    /// <summary>Sets a number that differs from row to row.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="source">The source.</param>
    /// <param name="values">One a row; kept, not copied.</param>
    /// <param name="rowLength">How many elements a row has, at least 1; the same for all slots.</param>
    public void SetRows(int slot, int source, IReadOnlyList<float> values, long rowLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowLength, 1);
        this[slot, source] = 0;
        _rows[Index(slot, source)] = values;
        _rowLength = rowLength;
    }

    /// <summary>The first element after <paramref name="element"/> at which a value of the table changes.</summary>
    /// <returns>A flat index, or <see cref="long.MaxValue"/> if none changes any more.</returns>
    public long NextChange(long element)
    {
        long next = _rows.Count == 0 ? long.MaxValue : ((element / _rowLength) + 1) * _rowLength;
        foreach ((long place, _) in _changes.Values)
        {
            next = place > element ? Math.Min(next, place) : next;
        }

        return next;
    }

    /// <summary>Writes the table as it is at an element, row after row.</summary>
    /// <param name="element">A flat index.</param>
    /// <param name="destination">As long as the table.</param>
    public void CopyTo(long element, Span<float> destination)
    {
        _values.CopyTo(destination);
        foreach ((int index, (long place, float value)) in _changes)
        {
            destination[index] = place <= element ? value : destination[index];
        }

        foreach ((int index, IReadOnlyList<float> values) in _rows)
        {
            destination[index] = values[(int)(element / _rowLength)];
        }
    }

    private int Index(int slot, int source)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)Slots, nameof(slot));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)source, (uint)Sources, nameof(source));
        return (slot * Sources) + source;
    }
}
