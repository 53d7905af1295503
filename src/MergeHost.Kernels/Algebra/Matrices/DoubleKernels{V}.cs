using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Kernels.Algebra.Matrices;

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
        nint i = 0;
        return Dot<DoubleVecs<V>>(x, y, count, ref i) + Dot<DoubleScalar>(x, y, count, ref i);
    }

    public override void AddProduct(View<double> a, double* x, double* y)
    {
        nint row = 0;
        AddProduct<DoubleVecs<V>>(a, x, y, ref row);
        AddProduct<V>(a, x, y, ref row);
        AddProduct<DoubleScalar>(a, x, y, ref row);
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

    public override void TransposedProducts(View<double> a, double* x, double* y, double* z, double* w)
    {
        nint column = 0;
        double* column0 = a.Start;
        for (; column <= a.Columns - 4; column += 4)
        {
            double* column1 = column0 + a.ColumnStride;
            double* column2 = column1 + a.ColumnStride;
            double* column3 = column2 + a.ColumnStride;
            V x0 = V.Of(0), x1 = x0, x2 = x0, x3 = x0;
            V z0 = x0, z1 = x0, z2 = x0, z3 = x0;
            nint row = 0;
            for (; row <= a.Rows - V.Count; row += V.Count)
            {
                V first = V.Load(x + row);
                V second = V.Load(z + row);
                V number = V.Load(column0 + row);
                x0 = V.MultiplyAdd(first, number, x0);
                z0 = V.MultiplyAdd(second, number, z0);
                number = V.Load(column1 + row);
                x1 = V.MultiplyAdd(first, number, x1);
                z1 = V.MultiplyAdd(second, number, z1);
                number = V.Load(column2 + row);
                x2 = V.MultiplyAdd(first, number, x2);
                z2 = V.MultiplyAdd(second, number, z2);
                number = V.Load(column3 + row);
                x3 = V.MultiplyAdd(first, number, x3);
                z3 = V.MultiplyAdd(second, number, z3);
            }

            y[column] = V.Sum(x0);
            y[column + 1] = V.Sum(x1);
            y[column + 2] = V.Sum(x2);
            y[column + 3] = V.Sum(x3);
            w[column] = V.Sum(z0);
            w[column + 1] = V.Sum(z1);
            w[column + 2] = V.Sum(z2);
            w[column + 3] = V.Sum(z3);
            for (; row < a.Rows; row++)
            {
                for (int i = 0; i < 4; i++)
                {
                    double number = column0[row + (i * a.ColumnStride)];
                    y[column + i] += x[row] * number;
                    w[column + i] += z[row] * number;
                }
            }

            column0 = column3 + a.ColumnStride;
        }

        for (; column < a.Columns; column++, column0 += a.ColumnStride)
        {
            y[column] = Dot(x, column0, a.Rows);
            w[column] = Dot(z, column0, a.Rows);
        }
    }

    public override void AddOuter(View<double> a, double* x, double* y)
    {
        nint row = 0;
        AddOuter<DoubleVecs<V>>(a, x, y, ref row);
        AddOuter<V>(a, x, y, ref row);
        AddOuter<DoubleScalar>(a, x, y, ref row);
    }

    public override void AddOuters(View<double> a, double* x, double* y, double* z, double* w)
    {
        nint row = 0;
        AddOuters<DoubleVecs<V>>(a, x, y, z, w, ref row);
        AddOuters<V>(a, x, y, z, w, ref row);
        AddOuters<DoubleScalar>(a, x, y, z, w, ref row);
    }

    private static double Dot<W>(double* x, double* y, nint count, ref nint done)
        where W : struct, IDoubleVec<W>
    {
        W sum = W.Of(0);
        nint i = done;
        for (; i <= count - W.Count; i += W.Count)
        {
            sum = W.MultiplyAdd(W.Load(x + i), W.Load(y + i), sum);
        }

        done = i;
        return W.Sum(sum);
    }

    private static void AddProduct<W>(View<double> a, double* x, double* y, ref nint done)
        where W : struct, IDoubleVec<W>
    {
        nint row = done;
        for (; row <= a.Rows - W.Count; row += W.Count)
        {
            W sum = W.Load(y + row);
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                sum = W.MultiplyAdd(W.Of(x[column]), W.Load(place), sum);
            }

            W.Store(sum, y + row);
        }

        done = row;
    }

    private static void AddOuter<W>(View<double> a, double* x, double* y, ref nint done)
        where W : struct, IDoubleVec<W>
    {
        nint row = done;
        for (; row <= a.Rows - W.Count; row += W.Count)
        {
            W factor = W.Load(x + row);
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                W.Store(W.MultiplyAdd(W.Of(y[column]), factor, W.Load(place)), place);
            }
        }

        done = row;
    }

    private static void AddOuters<W>(View<double> a, double* x, double* y, double* z, double* w, ref nint done)
        where W : struct, IDoubleVec<W>
    {
        nint row = done;
        for (; row <= a.Rows - W.Count; row += W.Count)
        {
            W first = W.Load(x + row);
            W second = W.Load(z + row);
            double* place = a.Start + row;
            for (nint column = 0; column < a.Columns; column++, place += a.ColumnStride)
            {
                W sum = W.MultiplyAdd(W.Of(y[column]), first, W.Load(place));
                W.Store(W.MultiplyAdd(W.Of(w[column]), second, sum), place);
            }
        }

        done = row;
    }

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
