using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Kernels.Algebra;

/// <inheritdoc/>
internal sealed unsafe class DoubleKernels<V> : DoubleKernels
    where V : struct, IDoubleVec<V>
{
    public override int TileColumns => 3 * V.Count;

    public override void AddTile(nint depth, double* a, double* b, double* c, nint stride)
    {
        double* row1 = c + stride;
        double* row2 = row1 + stride;
        double* row3 = row2 + stride;
        Prefetch(c);
        Prefetch(row1);
        Prefetch(row2);
        Prefetch(row3);
        V c00 = V.Of(0), c01 = c00, c02 = c00;
        V c10 = c00, c11 = c00, c12 = c00;
        V c20 = c00, c21 = c00, c22 = c00;
        V c30 = c00, c31 = c00, c32 = c00;
        for (; depth > 0; depth--)
        {
            V b0 = V.Load(b);
            V b1 = V.Load(b + V.Count);
            V b2 = V.Load(b + (2 * V.Count));
            V x = V.Of(a[0]);
            c00 = V.MultiplyAdd(x, b0, c00);
            c01 = V.MultiplyAdd(x, b1, c01);
            c02 = V.MultiplyAdd(x, b2, c02);
            x = V.Of(a[1]);
            c10 = V.MultiplyAdd(x, b0, c10);
            c11 = V.MultiplyAdd(x, b1, c11);
            c12 = V.MultiplyAdd(x, b2, c12);
            x = V.Of(a[2]);
            c20 = V.MultiplyAdd(x, b0, c20);
            c21 = V.MultiplyAdd(x, b1, c21);
            c22 = V.MultiplyAdd(x, b2, c22);
            x = V.Of(a[3]);
            c30 = V.MultiplyAdd(x, b0, c30);
            c31 = V.MultiplyAdd(x, b1, c31);
            c32 = V.MultiplyAdd(x, b2, c32);
            a += TileRows;
            b += 3 * V.Count;
        }

        Add(c, c00, c01, c02);
        Add(row1, c10, c11, c12);
        Add(row2, c20, c21, c22);
        Add(row3, c30, c31, c32);
    }

    public override void Pack<T>(View<T> source, int stripColumns, double scale, double* destination, nint stripStride) =>
        Packing<V>.Pack(source, stripColumns, scale, destination, stripStride);

    public override double Dot(double* x, double* y, nint count)
    {
        V sum0 = V.Of(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        nint i = 0;
        for (; i <= count - (4 * V.Count); i += 4 * V.Count)
        {
            sum0 = V.MultiplyAdd(V.Load(x + i), V.Load(y + i), sum0);
            sum1 = V.MultiplyAdd(V.Load(x + i + V.Count), V.Load(y + i + V.Count), sum1);
            sum2 = V.MultiplyAdd(V.Load(x + i + (2 * V.Count)), V.Load(y + i + (2 * V.Count)), sum2);
            sum3 = V.MultiplyAdd(V.Load(x + i + (3 * V.Count)), V.Load(y + i + (3 * V.Count)), sum3);
        }

        double sum = V.Sum(sum0 + sum1 + (sum2 + sum3));
        for (; i < count; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    public override void AddProduct(View<double> a, double* x, double* y)
    {
        nint row = 0;
        for (; row <= a.Rows - (4 * V.Count); row += 4 * V.Count)
        {
            V sum0 = V.Load(y + row);
            V sum1 = V.Load(y + row + V.Count);
            V sum2 = V.Load(y + row + (2 * V.Count));
            V sum3 = V.Load(y + row + (3 * V.Count));
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                V factor = V.Of(x[column]);
                sum0 = V.MultiplyAdd(factor, V.Load(place), sum0);
                sum1 = V.MultiplyAdd(factor, V.Load(place + V.Count), sum1);
                sum2 = V.MultiplyAdd(factor, V.Load(place + (2 * V.Count)), sum2);
                sum3 = V.MultiplyAdd(factor, V.Load(place + (3 * V.Count)), sum3);
            }

            V.Store(sum0, y + row);
            V.Store(sum1, y + row + V.Count);
            V.Store(sum2, y + row + (2 * V.Count));
            V.Store(sum3, y + row + (3 * V.Count));
        }

        for (; row <= a.Rows - V.Count; row += V.Count)
        {
            V sum = V.Load(y + row);
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                sum = V.MultiplyAdd(V.Of(x[column]), V.Load(place), sum);
            }

            V.Store(sum, y + row);
        }

        for (; row < a.Rows; row++)
        {
            for (nint column = 0; column < a.Columns; column++)
            {
                y[row] += a.Start[row + (column * a.ColumnStride)] * x[column];
            }
        }
    }

    public override void TransposedProduct(View<double> a, double* x, double* y)
    {
        nint column = 0;
        double* column0 = a.Start;
        for (; column <= a.Columns - 4; column += 4)
        {
            double* column1 = column0 + a.ColumnStride;
            double* column2 = column1 + a.ColumnStride;
            double* column3 = column2 + a.ColumnStride;
            V sum0 = V.Of(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
            nint row = 0;
            for (; row <= a.Rows - V.Count; row += V.Count)
            {
                V factor = V.Load(x + row);
                sum0 = V.MultiplyAdd(factor, V.Load(column0 + row), sum0);
                sum1 = V.MultiplyAdd(factor, V.Load(column1 + row), sum1);
                sum2 = V.MultiplyAdd(factor, V.Load(column2 + row), sum2);
                sum3 = V.MultiplyAdd(factor, V.Load(column3 + row), sum3);
            }

            y[column] = V.Sum(sum0);
            y[column + 1] = V.Sum(sum1);
            y[column + 2] = V.Sum(sum2);
            y[column + 3] = V.Sum(sum3);
            for (; row < a.Rows; row++)
            {
                y[column] += x[row] * column0[row];
                y[column + 1] += x[row] * column1[row];
                y[column + 2] += x[row] * column2[row];
                y[column + 3] += x[row] * column3[row];
            }

            column0 = column3 + a.ColumnStride;
        }

        for (; column < a.Columns; column++, column0 += a.ColumnStride)
        {
            y[column] = Dot(x, column0, a.Rows);
        }
    }

    public override void AddOuter(View<double> a, double* x, double* y)
    {
        nint row = 0;
        for (; row <= a.Rows - (4 * V.Count); row += 4 * V.Count)
        {
            V x0 = V.Load(x + row);
            V x1 = V.Load(x + row + V.Count);
            V x2 = V.Load(x + row + (2 * V.Count));
            V x3 = V.Load(x + row + (3 * V.Count));
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                V factor = V.Of(y[column]);
                AddOuter(place, factor, x0);
                AddOuter(place + V.Count, factor, x1);
                AddOuter(place + (2 * V.Count), factor, x2);
                AddOuter(place + (3 * V.Count), factor, x3);
            }
        }

        for (; row < a.Rows; row++)
        {
            for (nint column = 0; column < a.Columns; column++)
            {
                a.Start[row + (column * a.ColumnStride)] += x[row] * y[column];
            }
        }
    }

    public override void AddOuters(View<double> a, double* x, double* y, double* z, double* w)
    {
        nint row = 0;
        for (; row <= a.Rows - (4 * V.Count); row += 4 * V.Count)
        {
            V x0 = V.Load(x + row);
            V x1 = V.Load(x + row + V.Count);
            V x2 = V.Load(x + row + (2 * V.Count));
            V x3 = V.Load(x + row + (3 * V.Count));
            V z0 = V.Load(z + row);
            V z1 = V.Load(z + row + V.Count);
            V z2 = V.Load(z + row + (2 * V.Count));
            V z3 = V.Load(z + row + (3 * V.Count));
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                V first = V.Of(y[column]);
                V second = V.Of(w[column]);
                AddOuters(place, first, x0, second, z0);
                AddOuters(place + V.Count, first, x1, second, z1);
                AddOuters(place + (2 * V.Count), first, x2, second, z2);
                AddOuters(place + (3 * V.Count), first, x3, second, z3);
            }
        }

        for (; row <= a.Rows - V.Count; row += V.Count)
        {
            V x0 = V.Load(x + row);
            V z0 = V.Load(z + row);
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                AddOuters(place, V.Of(y[column]), x0, V.Of(w[column]), z0);
            }
        }

        for (; row < a.Rows; row++)
        {
            for (nint column = 0; column < a.Columns; column++)
            {
                a.Start[row + (column * a.ColumnStride)] += (x[row] * y[column]) + (z[row] * w[column]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddOuter(double* place, V x, V y) => V.Store(V.MultiplyAdd(x, y, V.Load(place)), place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddOuters(double* place, V x, V y, V z, V w) =>
        V.Store(V.MultiplyAdd(z, w, V.MultiplyAdd(x, y, V.Load(place))), place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(double* c, V c0, V c1, V c2)
    {
        V.Store(V.Load(c) + c0, c);
        V.Store(V.Load(c + V.Count) + c1, c + V.Count);
        V.Store(V.Load(c + (2 * V.Count)) + c2, c + (2 * V.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(double* row)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(row);
            Sse.Prefetch0(row + 8);
            Sse.Prefetch0(row + 16);
        }
    }
}
