using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Adds a product of small depth to rows of a matrix, in float32.</summary>
/// <remarks>
/// Tiles of three rows and four registers stay in registers while the depth runs, and the part of the right factor that they share in the
/// nearest cache. Each element is one chain of fused multiplications in the order of the depth, so that its bits depend neither on the
/// width of registers nor on which rows are computed together.
/// </remarks>
internal static class RowProduct
{
    private const int TileRows = 3;
    private const int TileVectors = 4;

    /// <summary><c>values += left · right</c></summary>
    /// <param name="left"><c>[rows, depth]</c></param>
    /// <param name="right"><c>[depth, columns]</c></param>
    /// <param name="depth">The number of products in a sum.</param>
    /// <param name="values"><c>[rows, columns]</c></param>
    /// <param name="columns">The length of a row.</param>
    public static void Add(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int depth, Span<float> values, int columns)
    {
        int rows = values.Length / Math.Max(columns, 1);
        ref float l = ref MemoryMarshal.GetReference(left);
        ref float v = ref MemoryMarshal.GetReference(values);
        ref float r = ref MemoryMarshal.GetReference(right);
        int lane = Vector<float>.Count;
        int column = 0;
        for (; column + (TileVectors * lane) <= columns; column += TileVectors * lane)
        {
            int row = 0;
            for (; row + TileRows <= rows; row += TileRows)
            {
                AddTile(ref l, row * depth, ref r, column, depth, ref v, (row * columns) + column, columns);
            }

            for (; row < rows; row++)
            {
                for (int part = 0; part < TileVectors; part++)
                {
                    AddVector(ref l, row * depth, ref r, column + (part * lane), depth, ref v, (row * columns) + column + (part * lane), columns);
                }
            }
        }

        for (; column + lane <= columns; column += lane)
        {
            for (int row = 0; row < rows; row++)
            {
                AddVector(ref l, row * depth, ref r, column, depth, ref v, (row * columns) + column, columns);
            }
        }

        for (; column < columns; column++)
        {
            for (int row = 0; row < rows; row++)
            {
                float sum = 0;
                for (int k = 0; k < depth; k++)
                {
                    sum = MathF.FusedMultiplyAdd(left[(row * depth) + k], right[(k * columns) + column], sum);
                }

                values[(row * columns) + column] += sum;
            }
        }
    }

    private static void AddTile(ref float left, int leftStart, ref float right, int rightStart, int depth, ref float values, int start, int columns)
    {
        int lane = Vector<float>.Count;
        Vector<float> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector<float> b0 = default, b1 = default, b2 = default, b3 = default;
        Vector<float> c0 = default, c1 = default, c2 = default, c3 = default;
        for (int k = 0; k < depth; k++)
        {
            nuint at = (nuint)((k * columns) + rightStart);
            Vector<float> r0 = Vector.LoadUnsafe(ref right, at);
            Vector<float> r1 = Vector.LoadUnsafe(ref right, at + (nuint)lane);
            Vector<float> r2 = Vector.LoadUnsafe(ref right, at + (nuint)(2 * lane));
            Vector<float> r3 = Vector.LoadUnsafe(ref right, at + (nuint)(3 * lane));
            Vector<float> factor = new(Unsafe.Add(ref left, leftStart + k));
            a0 = Vector.FusedMultiplyAdd(factor, r0, a0);
            a1 = Vector.FusedMultiplyAdd(factor, r1, a1);
            a2 = Vector.FusedMultiplyAdd(factor, r2, a2);
            a3 = Vector.FusedMultiplyAdd(factor, r3, a3);
            factor = new(Unsafe.Add(ref left, leftStart + depth + k));
            b0 = Vector.FusedMultiplyAdd(factor, r0, b0);
            b1 = Vector.FusedMultiplyAdd(factor, r1, b1);
            b2 = Vector.FusedMultiplyAdd(factor, r2, b2);
            b3 = Vector.FusedMultiplyAdd(factor, r3, b3);
            factor = new(Unsafe.Add(ref left, leftStart + (2 * depth) + k));
            c0 = Vector.FusedMultiplyAdd(factor, r0, c0);
            c1 = Vector.FusedMultiplyAdd(factor, r1, c1);
            c2 = Vector.FusedMultiplyAdd(factor, r2, c2);
            c3 = Vector.FusedMultiplyAdd(factor, r3, c3);
        }

        AddRow(ref values, start, a0, a1, a2, a3);
        AddRow(ref values, start + columns, b0, b1, b2, b3);
        AddRow(ref values, start + (2 * columns), c0, c1, c2, c3);
    }

    private static void AddRow(ref float values, int start, Vector<float> v0, Vector<float> v1, Vector<float> v2, Vector<float> v3)
    {
        int lane = Vector<float>.Count;
        nuint at = (nuint)start;
        (Vector.LoadUnsafe(ref values, at) + v0).StoreUnsafe(ref values, at);
        (Vector.LoadUnsafe(ref values, at + (nuint)lane) + v1).StoreUnsafe(ref values, at + (nuint)lane);
        (Vector.LoadUnsafe(ref values, at + (nuint)(2 * lane)) + v2).StoreUnsafe(ref values, at + (nuint)(2 * lane));
        (Vector.LoadUnsafe(ref values, at + (nuint)(3 * lane)) + v3).StoreUnsafe(ref values, at + (nuint)(3 * lane));
    }

    private static void AddVector(ref float left, int leftStart, ref float right, int rightStart, int depth, ref float values, int start, int columns)
    {
        Vector<float> sum = default;
        for (int k = 0; k < depth; k++)
        {
            sum = Vector.FusedMultiplyAdd(
                new Vector<float>(Unsafe.Add(ref left, leftStart + k)), Vector.LoadUnsafe(ref right, (nuint)((k * columns) + rightStart)), sum);
        }

        (Vector.LoadUnsafe(ref values, (nuint)start) + sum).StoreUnsafe(ref values, (nuint)start);
    }
}
