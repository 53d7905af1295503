namespace MergeHost.Plugins.Packings.Reading;

/// <summary>Which weights share a scale: those of a rectangle of a matrix, the last of each side perhaps being shorter.</summary>
/// <param name="Height">Rows of the matrix; where a tensor is a stack of matrices, of each of them.</param>
/// <param name="Rows">Rows of a group.</param>
/// <param name="Columns">Columns of a group.</param>
/// <param name="GridRows">Rows of groups, of all matrices.</param>
/// <param name="GridColumns">Columns of groups.</param>
internal readonly record struct GroupShape(long Height, long Rows, long Columns, long GridRows, long GridColumns)
{
    /// <summary>Groups of a matrix, or of a stack of them.</summary>
    public static GroupShape Of(long matrices, long height, long width, long rows, long columns) =>
        new(height, rows, columns, matrices * Up(height, rows), Up(width, columns));

    /// <summary>The row of groups that a row belongs to.</summary>
    public long RowOf(long row) => (row / Height * Up(Height, Rows)) + (row % Height / Rows);

    /// <summary>The quotient, rounded up.</summary>
    public static long Up(long number, long divisor) => (number + divisor - 1) / divisor;
}
