using System.Buffers;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading.Codes;

namespace MergeHost.Plugins.Packings.Reading;

/// <summary>A matrix of codes with a scale for each group of neighbours: what all packings have in common.</summary>
internal sealed class GroupedMatrix
{
    private readonly Lock _lock = new();
    private int[]? _index;

    /// <summary>The codes, [rows, columns].</summary>
    public required ICodes Codes { get; init; }

    /// <summary>What each code means.</summary>
    public required float[] Table { get; init; }

    /// <summary>How a weight is made.</summary>
    public GroupFormula Formula { get; init; } = GroupFormula.Scaled;

    /// <summary>Rows; of all matrices, where the tensor is a stack of them.</summary>
    public required long Rows { get; init; }

    /// <summary>Columns.</summary>
    public required long Columns { get; init; }

    /// <summary>Scales of the groups.</summary>
    public required IGrid Scales { get; init; }

    /// <summary>Zero points, biases or shifts of the groups.</summary>
    public IGrid? Zeros { get; init; }

    /// <summary>Which rows and columns share a scale.</summary>
    public required GroupShape Groups { get; init; }

    /// <summary>The group of each row, or of each column, where groups are not of neighbours.</summary>
    public TensorInfo? Index { get; init; }

    /// <summary>Whether <see cref="Index"/> is of columns.</summary>
    public bool IndexesColumns { get; init; }

    /// <summary>Makes the error of a value that cannot be.</summary>
    public required Func<string, Exception> Fail { get; init; }

    /// <summary>Reads a rectangle of weights.</summary>
    public void Read(ICheckpointReader checkpoint, Block block, Span<float> weights)
    {
        if (block.Count == 0)
        {
            return;
        }

        Block groups = GroupsOf(block);
        byte[] codes = ArrayPool<byte>.Shared.Rent(block.Count);
        float[] numbers = ArrayPool<float>.Shared.Rent(2 * groups.Count);
        try
        {
            Span<float> scales = numbers.AsSpan(0, groups.Count);
            Span<float> zeros = Zeros is null ? [] : numbers.AsSpan(groups.Count, groups.Count);
            Codes.Read(checkpoint, block, codes.AsSpan(0, block.Count));
            Scales.Read(checkpoint, groups, scales);
            Zeros?.Read(checkpoint, groups, zeros);
            RefuseNaN(codes.AsSpan(0, block.Count), block);
            for (int row = 0; row < block.Rows; row++)
            {
                int at = GroupRow(checkpoint, block.Row + row, groups) * groups.Columns;
                Make(checkpoint, codes.AsSpan(row * block.Columns, block.Columns), block.Column, groups, scales.Slice(at, groups.Columns),
                    zeros.IsEmpty ? [] : zeros.Slice(at, groups.Columns), weights.Slice(row * block.Columns, block.Columns));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(codes);
            ArrayPool<float>.Shared.Return(numbers);
        }
    }

    private Block GroupsOf(Block block)
    {
        (long row, long lastRow) = Index is not null && !IndexesColumns
            ? (0, Groups.GridRows - 1)
            : (Groups.RowOf(block.Row), Groups.RowOf(block.Row + block.Rows - 1));
        (long column, long lastColumn) = Index is not null && IndexesColumns
            ? (0, Groups.GridColumns - 1)
            : (block.Column / Groups.Columns, (block.Column + block.Columns - 1) / Groups.Columns);
        return new Block(row, checked((int)(lastRow - row + 1)), column, checked((int)(lastColumn - column + 1)));
    }

    private int GroupRow(ICheckpointReader checkpoint, long row, Block groups) =>
        Index is not null && !IndexesColumns ? IndexIn(checkpoint)[row] : (int)(Groups.RowOf(row) - groups.Row);

    private void Make(
        ICheckpointReader checkpoint, ReadOnlySpan<byte> codes, long column, Block groups, ReadOnlySpan<float> scales,
        ReadOnlySpan<float> zeros, Span<float> weights)
    {
        if (Index is not null && IndexesColumns)
        {
            Formula.Found(codes, Table, IndexIn(checkpoint).AsSpan((int)column, codes.Length), scales, zeros, weights);
            return;
        }

        if (Groups.Columns == 1)
        {
            Formula.Each(codes, Table, scales, zeros, weights);
            return;
        }

        for (int done = 0; done < codes.Length;)
        {
            int group = (int)(((column + done) / Groups.Columns) - groups.Column);
            int length = (int)Math.Min(codes.Length - done, Groups.Columns - ((column + done) % Groups.Columns));
            Formula.Run(codes.Slice(done, length), Table, scales[group], zeros.IsEmpty ? 0 : zeros[group], weights.Slice(done, length));
            done += length;
        }
    }

    // Only 8-bit floats have such codes: E4M3's two, and E5M2's NaN and infinities.
    private void RefuseNaN(ReadOnlySpan<byte> codes, Block block)
    {
        int at = Table == Tables.E4M3 ? codes.IndexOfAny((byte)0x7F, (byte)0xFF)
            : Table == Tables.E5M2 ? IndexOfInfinite(codes)
            : -1;
        if (at >= 0)
        {
            throw Fail(FormattableString.Invariant(
                $"row {block.Row + (at / block.Columns)} holds the code 0x{codes[at]:X2}, which is no number"));
        }
    }

    private static int IndexOfInfinite(ReadOnlySpan<byte> codes)
    {
        int lower = codes.IndexOfAnyInRange((byte)0x7C, (byte)0x7F);
        return lower >= 0 ? lower : codes.IndexOfAnyInRange((byte)0xFC, (byte)0xFF);
    }

    private int[] IndexIn(ICheckpointReader checkpoint)
    {
        lock (_lock)
        {
            return _index ??= ReadIndex(checkpoint, Index!);
        }
    }

    // An index with a −1 was never filled in: the groups are of neighbours then.
    private int[] ReadIndex(ICheckpointReader checkpoint, TensorInfo tensor)
    {
        int[] index = new int[checked((int)tensor.ElementCount)];
        checkpoint.Read(tensor, 0, MemoryMarshal.AsBytes(index.AsSpan()));
        long count = IndexesColumns ? Groups.GridColumns : Groups.GridRows;
        if (IndexesColumns && index.AsSpan().Contains(-1))
        {
            return [.. Enumerable.Range(0, index.Length).Select(column => (int)(column / Groups.Columns))];
        }

        int wrong = index.AsSpan().IndexOfAnyExceptInRange(0, (int)count - 1);
        return wrong < 0
            ? index
            : throw Fail(FormattableString.Invariant($"'{tensor.Name}' puts number {wrong} into group {index[wrong]}; there are {count}"));
    }
}
