using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Adds a product of small depth to rows of a matrix, in float32.</summary>
/// <remarks>
/// Tiles of three rows and four registers stay in registers while the depth runs; the columns of the right factor that they share are
/// copied to one place first, since lines that lie far apart push each other out of the nearest cache. Each element is one chain of fused
/// multiplications in the order of the depth, so that its bits depend neither on the width of registers nor on which rows are computed
/// together.
/// </remarks>
internal static class RowProduct
{
    private const int TileRows = 3;
    private const int TileLanes = 4;

    /// <summary><c>values += left · right</c></summary>
    /// <param name="left"><c>[rows, depth]</c></param>
    /// <param name="right"><c>[depth, columns]</c></param>
    /// <param name="depth">The number of products in a sum.</param>
    /// <param name="values"><c>[rows, columns]</c></param>
    /// <param name="columns">The length of a row.</param>
    public static void Add(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int depth, Span<float> values, int columns)
    {
        int done = LaneWidths.Current == LaneWidth.Bits512 && Vector512.IsHardwareAccelerated
            ? AddTiles<SingleLane512>(left, right, depth, values, columns)
            : AddTiles<SingleLane256>(left, right, depth, values, columns);
        for (int start = 0; start < values.Length; start += columns)
        {
            ReadOnlySpan<float> factors = left.Slice(start / columns * depth, depth);
            for (int column = done; column < columns; column++)
            {
                float sum = 0;
                for (int k = 0; k < depth; k++)
                {
                    sum = MathF.FusedMultiplyAdd(factors[k], right[(k * columns) + column], sum);
                }

                values[start + column] += sum;
            }
        }
    }

    // Whole tiles, and then whole registers; returns how many columns are done.
    private static int AddTiles<V>(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int depth, Span<float> values, int columns)
        where V : struct, ISingleLane<V>
    {
        int rows = values.Length / Math.Max(columns, 1);
        int width = TileLanes * V.Count;
        ref float l = ref MemoryMarshal.GetReference(left);
        ref float v = ref MemoryMarshal.GetReference(values);
        float[] panel = ArrayPool<float>.Shared.Rent(Math.Max(1, depth * width));
        ref float r = ref MemoryMarshal.GetArrayDataReference(panel);
        int column = 0;
        for (; column + width <= columns; column += width)
        {
            for (int k = 0; k < depth; k++)
            {
                right.Slice((k * columns) + column, width).CopyTo(panel.AsSpan(k * width));
            }

            int row = 0;
            for (; row + TileRows <= rows; row += TileRows)
            {
                AddTile<V>(ref Unsafe.Add(ref l, row * depth), ref r, depth, ref Unsafe.Add(ref v, (row * columns) + column), columns);
            }

            for (; row < rows; row++)
            {
                AddRow<V>(ref Unsafe.Add(ref l, row * depth), ref r, depth, ref Unsafe.Add(ref v, (row * columns) + column));
            }
        }

        ArrayPool<float>.Shared.Return(panel);
        ref float whole = ref MemoryMarshal.GetReference(right);
        for (; column + V.Count <= columns; column += V.Count)
        {
            for (int row = 0; row < rows; row++)
            {
                AddLane<V>(ref Unsafe.Add(ref l, row * depth), ref Unsafe.Add(ref whole, column), depth, columns, ref Unsafe.Add(ref v, (row * columns) + column));
            }
        }

        return column;
    }

    private static void AddTile<V>(ref float left, ref float panel, int depth, ref float values, int columns)
        where V : struct, ISingleLane<V>
    {
        nuint lane = (nuint)V.Count;
        V a0 = default, a1 = default, a2 = default, a3 = default;
        V b0 = default, b1 = default, b2 = default, b3 = default;
        V c0 = default, c1 = default, c2 = default, c3 = default;
        nuint at = 0;
        for (int k = 0; k < depth; k++)
        {
            V r0 = V.Load(ref panel, at);
            V r1 = V.Load(ref panel, at + lane);
            V r2 = V.Load(ref panel, at + (2 * lane));
            V r3 = V.Load(ref panel, at + (3 * lane));
            at += TileLanes * lane;
            V factor = V.Of(Unsafe.Add(ref left, k));
            a0 = V.MultiplyAdd(factor, r0, a0);
            a1 = V.MultiplyAdd(factor, r1, a1);
            a2 = V.MultiplyAdd(factor, r2, a2);
            a3 = V.MultiplyAdd(factor, r3, a3);
            factor = V.Of(Unsafe.Add(ref left, depth + k));
            b0 = V.MultiplyAdd(factor, r0, b0);
            b1 = V.MultiplyAdd(factor, r1, b1);
            b2 = V.MultiplyAdd(factor, r2, b2);
            b3 = V.MultiplyAdd(factor, r3, b3);
            factor = V.Of(Unsafe.Add(ref left, (2 * depth) + k));
            c0 = V.MultiplyAdd(factor, r0, c0);
            c1 = V.MultiplyAdd(factor, r1, c1);
            c2 = V.MultiplyAdd(factor, r2, c2);
            c3 = V.MultiplyAdd(factor, r3, c3);
        }

        AddLanes(ref values, 0, a0, a1, a2, a3);
        AddLanes(ref values, (nuint)columns, b0, b1, b2, b3);
        AddLanes(ref values, 2 * (nuint)columns, c0, c1, c2, c3);
    }

    private static void AddRow<V>(ref float left, ref float panel, int depth, ref float values)
        where V : struct, ISingleLane<V>
    {
        nuint lane = (nuint)V.Count;
        V a0 = default, a1 = default, a2 = default, a3 = default;
        nuint at = 0;
        for (int k = 0; k < depth; k++)
        {
            V factor = V.Of(Unsafe.Add(ref left, k));
            a0 = V.MultiplyAdd(factor, V.Load(ref panel, at), a0);
            a1 = V.MultiplyAdd(factor, V.Load(ref panel, at + lane), a1);
            a2 = V.MultiplyAdd(factor, V.Load(ref panel, at + (2 * lane)), a2);
            a3 = V.MultiplyAdd(factor, V.Load(ref panel, at + (3 * lane)), a3);
            at += TileLanes * lane;
        }

        AddLanes(ref values, 0, a0, a1, a2, a3);
    }

    private static void AddLanes<V>(ref float values, nuint at, V v0, V v1, V v2, V v3)
        where V : struct, ISingleLane<V>
    {
        nuint lane = (nuint)V.Count;
        V.AddTo(ref values, at, v0);
        V.AddTo(ref values, at + lane, v1);
        V.AddTo(ref values, at + (2 * lane), v2);
        V.AddTo(ref values, at + (3 * lane), v3);
    }

    private static void AddLane<V>(ref float left, ref float right, int depth, int columns, ref float values)
        where V : struct, ISingleLane<V>
    {
        V sum = default;
        for (int k = 0; k < depth; k++)
        {
            sum = V.MultiplyAdd(V.Of(Unsafe.Add(ref left, k)), V.Load(ref right, (nuint)(k * columns)), sum);
        }

        V.AddTo(ref values, 0, sum);
    }
}
