namespace MergeHost.Algebra;

/// <summary>Numbers in rows and columns, row after row without gaps.</summary>
/// <typeparam name="T">Usually <see langword="float"/> or <see langword="double"/>.</typeparam>
public readonly struct Matrix<T>
    where T : unmanaged
{
    /// <summary>Sees memory as a matrix; nothing is copied.</summary>
    /// <exception cref="ArgumentException">The memory does not hold <c>rows · columns</c> numbers.</exception>
    public Matrix(int rows, int columns, Memory<T> elements)
    {
        if (rows < 0 || columns < 0 || (long)rows * columns != elements.Length)
        {
            throw new ArgumentException($"{rows} rows of {columns} columns do not make {elements.Length} elements", nameof(elements));
        }

        Rows = rows;
        Columns = columns;
        Elements = elements;
    }

    /// <summary>Makes a matrix of zeros.</summary>
    public Matrix(int rows, int columns)
        : this(rows, columns, new T[checked(rows * columns)])
    {
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns.</summary>
    public int Columns { get; }

    /// <summary>All numbers, row after row.</summary>
    public Memory<T> Elements { get; }

    /// <summary>One row; writing to it writes to the matrix.</summary>
    public Span<T> Row(int row) => Elements.Span.Slice(row * Columns, Columns);

    /// <summary>One number.</summary>
    public ref T this[int row, int column] => ref Row(row)[column];
}
