namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Adds a product of small depth: <c>W + left·right</c>.</summary>
/// <param name="factors">Gives the factors whenever rows are computed.</param>
/// <param name="rowsOfPart">Rows that the right factor holds for; a stack of matrices has one right factor for each.</param>
internal sealed class LowRankChange(Func<IReadOnlyList<PackedFactors>> factors, int rowsOfPart) : IRowChange
{
    public LowRankChange(Factors factors, int rows)
        : this([factors], rows)
    {
    }

    public LowRankChange(IReadOnlyList<Factors> factors, int rowsOfPart)
        : this(PackedFactors.Of(factors), rowsOfPart)
    {
    }

    private LowRankChange(IReadOnlyList<PackedFactors> factors, int rowsOfPart)
        : this(() => factors, rowsOfPart)
    {
    }

    /// <summary>Makes the factors when the first row is computed, and keeps them.</summary>
    public static LowRankChange Once(Func<Factors> factors, int rows)
    {
        Lazy<IReadOnlyList<PackedFactors>> made = new(() => PackedFactors.Of([factors()]));
        return new LowRankChange(() => made.Value, rows);
    }

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        IReadOnlyList<PackedFactors> parts = factors();
        while (!values.IsEmpty)
        {
            int row = firstRow % rowsOfPart;
            int rows = Math.Min(rowsOfPart - row, values.Length / columns);
            parts[firstRow / rowsOfPart].Add(row, values[..(rows * columns)], columns);
            values = values[(rows * columns)..];
            firstRow += rows;
        }
    }
}
