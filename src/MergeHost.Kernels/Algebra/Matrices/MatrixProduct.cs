namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>Adds products of matrices to a matrix, on some threads.</summary>
/// <remarks>
/// The depth is cut into slices. For each slice the left factor is packed once; then each thread takes blocks of columns, packs
/// its part of the right factor, which stays in its cache, and runs the left one past it, tile by tile. Each number of the result
/// is one sum in the order of the depth, cut at the slices: its bits depend neither on the threads nor on the width of registers.
/// </remarks>
/// <seealso href="https://doi.org/10.1145/1356052.1356053">
/// Goto, van de Geijn, Anatomy of high-performance matrix multiplication
/// </seealso>
internal sealed unsafe class MatrixProduct(DoubleKernels kernels, Workers workers)
{
    private const int Slice = 256;

    // Whole tiles of every width.
    private const int BlockColumns = 96;
    private const int PartRows = 64;
    private const int TileRows = DoubleKernels.TileRows;

    // Packs some columns, in one slice of the rows, of the right factor.
    private delegate void PackRight(int row, int rows, int column, int columns, double* destination);

    /// <summary><c>c += scale · a · b</c>; the columns of <paramref name="c"/> must be neighbours in memory.</summary>
    public void Add<A, B>(View<double> c, View<A> a, View<B> b, double scale = 1)
        where A : unmanaged
        where B : unmanaged => Run(c, a, Packer(b), scale, isLower: false);

    /// <summary><see cref="Add{A,B}"/> for the lower triangle of c; what is above it may change or not.</summary>
    public void AddLower<A, B>(View<double> c, View<A> a, View<B> b, double scale = 1)
        where A : unmanaged
        where B : unmanaged => Run(c, a, Packer(b), scale, isLower: true);

    /// <summary><see cref="Add{A,B}"/> with a symmetric b, of which only the lower triangle is read.</summary>
    public void AddSymmetric(View<double> c, View<double> a, View<double> b) => Run(c, a, SymmetricPacker(b), 1, isLower: false);

    private void Run<A>(View<double> c, View<A> a, PackRight packRight, double scale, bool isLower)
        where A : unmanaged
    {
        int slice = int.Min(Slice, a.Columns);
        using AlignedMemory leftMemory = new((nint)RoundUp(c.Rows, TileRows) * slice);
        using AlignedMemory rightMemory = new((nint)RoundUp(c.Columns, kernels.TileColumns) * slice);
        double* left = leftMemory.Start;
        double* right = rightMemory.Start;
        for (int done = 0; done < a.Columns; done += slice)
        {
            int first = done;
            int depth = int.Min(slice, a.Columns - first);
            workers.Run(c.Rows, PartRows, (row, rows) =>
            {
                View<A> part = a.Block(row, first, rows, depth).Transposed;
                kernels.Pack(part, TileRows, scale, left + ((nint)row * depth), TileRows * depth);
            });
            workers.Run(c.Columns, BlockColumns, (column, columns) =>
            {
                double* part = right + ((nint)column * depth);
                packRight(first, depth, column, columns, part);
                AddBlock(c, column, columns, depth, left, part, isLower);
            });
        }
    }

    private void AddBlock(View<double> c, int firstColumn, int columns, int depth, double* left, double* right, bool isLower)
    {
        int tileColumns = kernels.TileColumns;
        double* edge = stackalloc double[TileRows * tileColumns];
        for (int row = isLower ? firstColumn / TileRows * TileRows : 0; row < c.Rows; row += TileRows)
        {
            int rows = int.Min(TileRows, c.Rows - row);
            int end = isLower ? int.Min(columns, row + rows - firstColumn) : columns;
            for (int column = 0; column < end; column += tileColumns)
            {
                View<double> tile = c.Block(row, firstColumn + column, rows, int.Min(tileColumns, columns - column));
                double* strip = left + ((nint)row * depth);
                double* otherStrip = right + ((nint)column * depth);
                if (tile.Rows == TileRows && tile.Columns == tileColumns)
                {
                    kernels.AddTile(depth, strip, otherStrip, tile.Start, tile.RowStride);
                }
                else
                {
                    new Span<double>(edge, TileRows * tileColumns).Clear();
                    kernels.AddTile(depth, strip, otherStrip, edge, tileColumns);
                    AddEdge(tile, edge);
                }
            }
        }
    }

    private void AddEdge(View<double> tile, double* edge)
    {
        for (int row = 0; row < tile.Rows; row++, edge += kernels.TileColumns)
        {
            for (int column = 0; column < tile.Columns; column++)
            {
                *tile.At(row, column) += edge[column];
            }
        }
    }

    private PackRight Packer<T>(View<T> b)
        where T : unmanaged => (row, rows, column, columns, packed) =>
        {
            int strip = kernels.TileColumns;
            kernels.Pack(b.Block(row, column, rows, columns), strip, 1, packed, strip * rows);
        };

    // What lies above the diagonal comes from the mirrored triangle, some rows from both.
    private PackRight SymmetricPacker(View<double> b) => (firstRow, rows, firstColumn, columns, packed) =>
    {
        int strip = kernels.TileColumns;
        nint stripStride = strip * rows;
        int above = int.Clamp(firstColumn - firstRow, 0, rows);
        int through = int.Clamp(firstColumn + columns - firstRow, 0, rows);
        kernels.Pack(b.Transposed.Block(firstRow, firstColumn, above, columns), strip, 1, packed, stripStride);
        for (int row = above; row < through; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int low = int.Min(firstRow + row, firstColumn + column);
                int high = int.Max(firstRow + row, firstColumn + column);
                packed[(column / strip * stripStride) + (row * strip) + (column % strip)] = *b.At(high, low);
            }
        }

        View<double> below = b.Block(firstRow + through, firstColumn, rows - through, columns);
        kernels.Pack(below, strip, 1, packed + (through * strip), stripStride);
    };

    private static int RoundUp(int length, int part) => (length + part - 1) / part * part;
}
