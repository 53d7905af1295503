namespace MergeHost.Kernels.Algebra;

/// <summary>Adds products of matrices to a matrix, on some threads.</summary>
/// <remarks>
/// The depth is cut into slices. For each slice the left factor is packed once; then each thread takes blocks of columns, packs its
/// part of the right factor, which stays in its cache, and runs the left one past it, tile by tile. Each number of the result is one
/// sum in the order of the depth, cut at the slices, so that it does not depend on the number of threads.
/// </remarks>
/// <seealso href="https://doi.org/10.1145/1356052.1356053">Goto, van de Geijn, Anatomy of high-performance matrix multiplication</seealso>
internal sealed unsafe class MatrixProduct(DoubleKernels kernels, Workers workers)
{
    private const int Slice = 256;
    private const int BlockColumns = 96;
    private const int RowsOfPart = 64;

    // Packs the columns of one block, in one slice of the rows, of the right factor.
    private delegate void PackRight(int firstRow, int rows, int firstColumn, int columns, double* destination);

    /// <summary><c>c += scale · a · b</c>; the columns of <paramref name="c"/> must be neighbours in memory.</summary>
    public void Add<A, B>(View<double> c, View<A> a, View<B> b, double scale = 1)
        where A : unmanaged
        where B : unmanaged => Run(c, a, Packing(b), scale, isLower: false);

    /// <summary><see cref="Add{A,B}"/> for the lower triangle of c; what is above it may change or not.</summary>
    public void AddLower<A, B>(View<double> c, View<A> a, View<B> b, double scale = 1)
        where A : unmanaged
        where B : unmanaged => Run(c, a, Packing(b), scale, isLower: true);

    /// <summary><see cref="Add{A,B}"/> with a symmetric b, of which only the lower triangle is read.</summary>
    public void AddSymmetric(View<double> c, View<double> a, View<double> b) =>
        Run(c, a, (row, rows, column, columns, packed) => PackSymmetric(b, row, rows, column, columns, packed), 1, isLower: false);

    private void Run<A>(View<double> c, View<A> a, PackRight packRight, double scale, bool isLower)
        where A : unmanaged
    {
        int slice = int.Min(Slice, a.Columns);
        using AlignedMemory memoryA = new((nint)RoundUp(c.Rows, DoubleKernels.TileRows) * slice);
        using AlignedMemory memoryB = new((nint)RoundUp(c.Columns, kernels.TileColumns) * slice);
        double* packedA = memoryA.Start;
        double* packedB = memoryB.Start;
        for (int done = 0; done < a.Columns; done += slice)
        {
            int first = done;
            int depth = int.Min(slice, a.Columns - first);
            workers.Run(Count(c.Rows, RowsOfPart), part =>
            {
                int row = part * RowsOfPart;
                View<A> rows = a.Block(row, first, int.Min(RowsOfPart, c.Rows - row), depth);
                kernels.Pack(rows.Transposed, DoubleKernels.TileRows, scale, packedA + ((nint)row * depth), DoubleKernels.TileRows * depth);
            });
            workers.Run(Count(c.Columns, BlockColumns), block =>
            {
                int column = block * BlockColumns;
                int columns = int.Min(BlockColumns, c.Columns - column);
                double* right = packedB + ((nint)column * depth);
                packRight(first, depth, column, columns, right);
                AddBlock(c, column, columns, depth, packedA, right, isLower);
            });
        }
    }

    private void AddBlock(View<double> c, int firstColumn, int columns, int depth, double* packedA, double* right, bool isLower)
    {
        int tileColumns = kernels.TileColumns;
        double* edge = stackalloc double[DoubleKernels.TileRows * tileColumns];
        int firstRow = isLower ? firstColumn - (firstColumn % DoubleKernels.TileRows) : 0;
        for (int row = firstRow; row < c.Rows; row += DoubleKernels.TileRows)
        {
            int rows = int.Min(DoubleKernels.TileRows, c.Rows - row);
            int end = isLower ? int.Min(columns, row + rows - firstColumn) : columns;
            for (int column = 0; column < end; column += tileColumns)
            {
                View<double> tile = c.Block(row, firstColumn + column, rows, int.Min(tileColumns, columns - column));
                double* left = packedA + ((nint)row * depth);
                double* strip = right + ((nint)column * depth);
                if (tile.Rows == DoubleKernels.TileRows && tile.Columns == tileColumns)
                {
                    kernels.AddTile(depth, left, strip, tile.Start, tile.RowStride);
                }
                else
                {
                    new Span<double>(edge, DoubleKernels.TileRows * tileColumns).Clear();
                    kernels.AddTile(depth, left, strip, edge, tileColumns);
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

    private PackRight Packing<T>(View<T> b)
        where T : unmanaged => (row, rows, column, columns, packed) =>
            kernels.Pack(b.Block(row, column, rows, columns), kernels.TileColumns, 1, packed, kernels.TileColumns * rows);

    // What lies above the diagonal comes from the mirrored triangle, some rows from both.
    private void PackSymmetric(View<double> symmetric, int firstRow, int rows, int firstColumn, int columns, double* packed)
    {
        int strip = kernels.TileColumns;
        nint stripStride = strip * rows;
        int above = int.Clamp(firstColumn - firstRow, 0, rows);
        int through = int.Clamp(firstColumn + columns - firstRow, 0, rows);
        kernels.Pack(symmetric.Transposed.Block(firstRow, firstColumn, above, columns), strip, 1, packed, stripStride);
        for (int row = above; row < through; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int low = int.Min(firstRow + row, firstColumn + column);
                int high = int.Max(firstRow + row, firstColumn + column);
                packed[(column / strip * stripStride) + (row * strip) + (column % strip)] = *symmetric.At(high, low);
            }
        }

        View<double> below = symmetric.Block(firstRow + through, firstColumn, rows - through, columns);
        kernels.Pack(below, strip, 1, packed + (through * strip), stripStride);
    }

    private static int Count(int length, int part) => (length + part - 1) / part;

    private static int RoundUp(int length, int part) => Count(length, part) * part;
}
