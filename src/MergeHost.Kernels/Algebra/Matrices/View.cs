namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>Numbers in memory seen as a matrix; transposing it and cutting blocks out of it moves nothing.</summary>
internal readonly unsafe struct View<T>(T* start, int rows, int columns, nint rowStride, nint columnStride = 1)
    where T : unmanaged
{
    public T* Start => start;

    public int Rows => rows;

    public int Columns => columns;

    public nint RowStride => rowStride;

    public nint ColumnStride => columnStride;

    public View<T> Transposed => new(start, columns, rows, columnStride, rowStride);

    public T* At(int row, int column) => start + (row * rowStride) + (column * columnStride);

    public View<T> Block(int row, int column, int rowCount, int columnCount) =>
        new(At(row, column), rowCount, columnCount, rowStride, columnStride);

    /// <summary>One row of a matrix whose columns are neighbours in memory.</summary>
    public Span<T> Row(int row) => new(At(row, 0), columns);

    /// <summary>Sets all numbers to zero; the columns must be neighbours in memory.</summary>
    public void Clear()
    {
        for (int row = 0; row < rows; row++)
        {
            Row(row).Clear();
        }
    }
}
