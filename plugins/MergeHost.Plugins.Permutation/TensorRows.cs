using System.Runtime.InteropServices;
using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Permutation;

/// <summary>Reads rows of a tensor in another order.</summary>
internal static class TensorRows
{
    /// <summary>Reads rows as float32; a vector has one number in each.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="tensor">A vector or a matrix of it.</param>
    /// <param name="rowOrder">The stored row by the new one, or <see langword="null"/>.</param>
    /// <param name="columnOrder">The stored column by the new one, or <see langword="null"/>.</param>
    /// <param name="first">The first new row.</param>
    /// <param name="count">How many.</param>
    public static Matrix<float> ReadSingle(ICheckpointReader checkpoint, TensorInfo tensor, int[]? rowOrder, int[]? columnOrder, int first,
        int count)
    {
        Matrix<float> result = new(count, tensor.Shape.Rank == 1 ? 1 : (int)tensor.Shape[1]);
        foreach ((int row, int stored, int length) in Runs(rowOrder, first, count, count))
        {
            Span<float> rows = result.Elements.Span.Slice((row - first) * result.Columns, length * result.Columns);
            checkpoint.ReadSingle(tensor, (long)stored * result.Columns, rows);
        }

        if (columnOrder is not null)
        {
            float[] stored = new float[result.Columns];
            for (int row = 0; row < count; row++)
            {
                result.Row(row).CopyTo(stored);
                Gather<float>(stored, columnOrder, 0, result.Row(row));
            }
        }

        return result;
    }

    /// <summary>Runs of new rows that lie one behind the other as they are stored, too.</summary>
    /// <param name="order">The stored row by the new one, or <see langword="null"/>.</param>
    /// <param name="first">The first new row.</param>
    /// <param name="count">How many.</param>
    /// <param name="most">The longest run.</param>
    public static IEnumerable<(int Row, int Stored, int Length)> Runs(int[]? order, int first, int count, int most)
    {
        for (int row = first; row < first + count;)
        {
            int length = 1;
            while (row + length < first + count && length < most && (order is null || order[row + length] == order[row] + length))
            {
                length++;
            }

            yield return (row, order is null ? row : order[row], length);
            row += length;
        }
    }

    /// <summary>Puts elements into another order: <c>result[i] = stored[order[first + i]]</c>.</summary>
    /// <param name="stored">All elements of a row.</param>
    /// <param name="order">The stored index by the new one.</param>
    /// <param name="first">The first new index.</param>
    /// <param name="result">Filled wholly.</param>
    public static void Gather<T>(ReadOnlySpan<T> stored, int[] order, int first, Span<T> result)
    {
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = stored[order[first + i]];
        }
    }

    /// <inheritdoc cref="Gather{T}"/>
    /// <param name="stored">All elements of a row.</param>
    /// <param name="elementBytes">The length of an element: 1, 2, 4 or 8.</param>
    /// <param name="order">The stored index by the new one.</param>
    /// <param name="first">The first new index.</param>
    /// <param name="result">Filled wholly.</param>
    public static void Gather(ReadOnlySpan<byte> stored, int elementBytes, int[] order, int first, Span<byte> result)
    {
        switch (elementBytes)
        {
            case 1:
                Gather<byte>(stored, order, first, result);
                break;
            case 2:
                Gather<ushort>(MemoryMarshal.Cast<byte, ushort>(stored), order, first, MemoryMarshal.Cast<byte, ushort>(result));
                break;
            case 4:
                Gather<uint>(MemoryMarshal.Cast<byte, uint>(stored), order, first, MemoryMarshal.Cast<byte, uint>(result));
                break;
            default:
                Gather<ulong>(MemoryMarshal.Cast<byte, ulong>(stored), order, first, MemoryMarshal.Cast<byte, ulong>(result));
                break;
        }
    }
}
