namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Adds a product of small depth: <c>W + left·right</c>.</summary>
/// <param name="factors">The factors, made when the first row is read.</param>
/// <param name="rowsOfPart">Rows that the right factor holds for; a stack of matrices has one right factor for each.</param>
internal sealed class LowRankChange(Func<IReadOnlyList<Factors>> factors, int rowsOfPart) : IRowChange
{
    private readonly Lazy<IReadOnlyList<Factors>> _factors = new(factors);

    public LowRankChange(Factors factors, int rows)
        : this(() => [factors], rows)
    {
    }

    public void Apply(int firstRow, Span<float> values, int columns)
    {
        while (!values.IsEmpty)
        {
            Factors part = _factors.Value[firstRow / rowsOfPart];
            int row = firstRow % rowsOfPart;
            int rows = Math.Min(rowsOfPart - row, values.Length / columns);
            RowProduct.Add(part.Left.Elements.Span.Slice(row * part.Rank, rows * part.Rank), part.Right.Elements.Span, part.Rank, values[..(rows * columns)], columns);
            values = values[(rows * columns)..];
            firstRow += rows;
        }
    }
}
