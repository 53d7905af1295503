using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters;

/// <summary>A tensor of the base with the changes that adapters make, computed row by row.</summary>
/// <remarks>The extents of a kernel are one row, so that a convolution is a matrix too; a vector is a matrix of one column.</remarks>
internal sealed class AdaptedTensor
{
    private const int ElementsOfBlock = 1 << 16;

    // A panel of a product's right factor stays near the processor for all rows of a block.
    private const int LeastRowsOfBlock = 48;

    private readonly List<IRowChange> _changes = [];
    private readonly TensorSource _original;

    /// <param name="source">The base's tensor.</param>
    /// <param name="original">The base's tensor before other adapters changed it, if any did.</param>
    /// <param name="isTransposed">Whether it is stored as <c>[in, out]</c>.</param>
    public AdaptedTensor(TensorSource source, TensorSource? original, bool isTransposed)
    {
        TensorShape shape = source.Info.Shape;
        Source = source;
        _original = original ?? source;
        IsTransposed = isTransposed;
        Info = source.Info with { DType = DType.F32 };
        Rows = shape.Rank == 0 ? 1 : checked((int)shape[0]);
        Columns = checked((int)(shape.ElementCount / Math.Max(Rows, 1)));
    }

    /// <summary>The tensor as it is read.</summary>
    public TensorInfo Info { get; init; }

    /// <summary>What the changes are made to.</summary>
    public TensorSource Source { get; private set; }

    /// <summary>What the adapter was trained on: the base's tensor before others changed it, or what the adapter has in its
    /// place.</summary>
    public TensorSource Trained => Source.Replaced is null ? _original : Source;

    /// <summary>Whether the tensor is stored as <c>[in, out]</c>.</summary>
    public bool IsTransposed { get; }

    /// <summary>Rows as stored.</summary>
    public int Rows { get; private set; }

    /// <summary>Columns as stored.</summary>
    public int Columns { get; private set; }

    /// <summary>What the module gives.</summary>
    public int Out => IsTransposed ? Columns : Rows;

    /// <summary>What the module takes; for a convolution with its kernel.</summary>
    public int In => IsTransposed ? Rows : Columns;

    /// <summary>Whether anything is changed, beside another tensor that takes its place.</summary>
    public bool HasChanges => _changes.Count > 0;

    /// <summary>Whether some rows are replaced, and nothing else is changed.</summary>
    public bool ReplacesRowsOnly => Source.Replaced is null && _changes.TrueForAll(change => change is RowsReplacedChange);

    /// <summary>The same tensor under another name; nothing is changed in it yet.</summary>
    public AdaptedTensor Named(string name) => new(Source, _original, IsTransposed) { Info = Info with { Name = name } };

    /// <summary>Takes a stack of matrices for one matrix, row after row.</summary>
    public void Stack()
    {
        Columns = checked((int)Info.Shape.RowLength);
        Rows = checked((int)(Info.ElementCount / Columns));
    }

    /// <summary>Takes another tensor of the same shape for the base's.</summary>
    public void Replace(TensorSource source) => Source = source;

    /// <summary>Adds a change, made after those before it.</summary>
    public void Add(IRowChange change) => _changes.Add(change);

    /// <summary>Adds <c>left · right</c>, of <c>[out, rank]</c> and <c>[rank, in]</c>.</summary>
    public void AddProduct(Factors factors) => Add(new LowRankChange(IsTransposed ? factors.Transposed() : factors, Rows));

    /// <summary>Computes a run of elements.</summary>
    public void Read(long firstElement, Span<byte> destination, float scale)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(destination);
        int group = _changes.Aggregate(1, (all, change) => Math.Max(all, change.RowGroup));
        int blockRows = Math.Max(1, Math.Max(LeastRowsOfBlock, ElementsOfBlock / Math.Max(1, Columns)) / group) * group;
        while (!values.IsEmpty)
        {
            int row = (int)(firstElement / Columns);
            int start = row / group * group;
            long wanted = ((firstElement + values.Length - 1) / Columns) + 1;
            int rows = (int)Math.Min(Math.Min(blockRows, Rows - start), (wanted - start + group - 1) / group * group);
            int skipped = (int)(firstElement - ((long)start * Columns));
            int length = checked(rows * Columns);
            int given = Math.Min(length - skipped, values.Length);
            if (given == length)
            {
                Compute(start, values[..length], scale);
            }
            else
            {
                float[] block = ArrayPool<float>.Shared.Rent(length);
                Compute(start, block.AsSpan(0, length), scale);
                block.AsSpan(skipped, given).CopyTo(values);
                ArrayPool<float>.Shared.Return(block);
            }

            values = values[given..];
            firstElement += given;
        }
    }

    private void Compute(int firstRow, Span<float> values, float scale)
    {
        Source.Read((long)firstRow * Columns, values);
        if (scale == 1)
        {
            Change(firstRow, values);
            return;
        }

        float[] before = ArrayPool<float>.Shared.Rent(values.Length);
        Span<float> unchanged = before.AsSpan(0, values.Length);
        if (Source.Replaced is { } replaced)
        {
            replaced.Read((long)firstRow * Columns, unchanged);
        }
        else
        {
            values.CopyTo(unchanged);
        }

        Change(firstRow, values);
        TensorPrimitives.Subtract(values, unchanged, values);
        TensorPrimitives.MultiplyAdd(values, scale, unchanged, values);
        ArrayPool<float>.Shared.Return(before);
    }

    private void Change(int firstRow, Span<float> values)
    {
        foreach (IRowChange change in _changes)
        {
            change.Apply(firstRow, values, Columns);
        }
    }
}
