using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Adds a product of small depth to rows of a matrix, in float32.</summary>
/// <remarks>
/// Tiles of three rows and four registers stay in registers while the depth runs. The right factor is laid out by panels
/// of a tile's columns first, since lines that lie far apart push each other out of the nearest cache. Each element is
/// one chain of fused multiplications in the order of the depth, so that its bits depend neither on the width of
/// registers nor on which rows are computed together.
/// </remarks>
internal static class RowProduct
{
    private const int TileRows = 3;
    private const int TileLanes = 4;

    private static int PanelColumns => TileLanes * (IsWide ? SingleLane512.Count : SingleLane256.Count);

    private static bool IsWide => LaneWidths.Current == LaneWidth.Bits512 && Vector512.IsHardwareAccelerated;

    /// <summary><c>values += left · right</c></summary>
    /// <param name="left"><c>[rows, depth]</c></param>
    /// <param name="right"><c>[depth, columns]</c></param>
    /// <param name="depth">The number of products in a sum.</param>
    /// <param name="values"><c>[rows, columns]</c></param>
    /// <param name="columns">The length of a row.</param>
    public static void Add(ReadOnlySpan<float> left, ReadOnlySpan<float> right, int depth, Span<float> values, int columns)
    {
        int length = PackedLength(depth, columns);
        float[] panels = ArrayPool<float>.Shared.Rent(length);
        Pack(right, depth, columns, panels);
        AddPacked(left, panels.AsSpan(0, length), depth, values, columns);
        ArrayPool<float>.Shared.Return(panels);
    }

    /// <summary>How many numbers <see cref="Pack"/> writes.</summary>
    public static int PackedLength(int depth, int columns) => checked((columns + PanelColumns - 1) / PanelColumns * PanelColumns * depth);

    /// <summary>Lays a right factor out by panels of columns, the last one filled up with zeros.</summary>
    public static void Pack(ReadOnlySpan<float> right, int depth, int columns, Span<float> panels)
    {
        int width = PanelColumns;
        for (int column = 0; column < columns; column += width)
        {
            int count = Math.Min(width, columns - column);
            for (int k = 0; k < depth; k++)
            {
                right.Slice((k * columns) + column, count).CopyTo(panels);
                panels[count..width].Clear();
                panels = panels[width..];
            }
        }
    }

    /// <summary><see cref="Add"/>, with a right factor that <see cref="Pack"/> laid out.</summary>
    public static void AddPacked(ReadOnlySpan<float> left, ReadOnlySpan<float> panels, int depth, Span<float> values, int columns)
    {
        if (IsWide)
        {
            AddPanels<SingleLane512>(left, panels, depth, values, columns);
        }
        else
        {
            AddPanels<SingleLane256>(left, panels, depth, values, columns);
        }
    }

    private static void AddPanels<V>(ReadOnlySpan<float> left, ReadOnlySpan<float> panels, int depth, Span<float> values, int columns)
        where V : struct, ISingleLane<V>
    {
        int rows = values.Length / Math.Max(columns, 1);
        int width = TileLanes * V.Count;
        ref float l = ref MemoryMarshal.GetReference(left);
        ref float r = ref MemoryMarshal.GetReference(panels);
        ref float v = ref MemoryMarshal.GetReference(values);
        int column = 0;
        for (; column + width <= columns; column += width, r = ref Unsafe.Add(ref r, depth * width))
        {
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

        // What is left of a row is worked on in a place of a whole panel's length.
        int rest = columns - column;
        Span<float> line = stackalloc float[rest == 0 ? 0 : width];
        for (int row = 0; row < rows && rest > 0; row++)
        {
            Span<float> end = values.Slice((row * columns) + column, rest);
            end.CopyTo(line);
            AddRow<V>(ref Unsafe.Add(ref l, row * depth), ref r, depth, ref MemoryMarshal.GetReference(line));
            line[..rest].CopyTo(end);
        }
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
}
