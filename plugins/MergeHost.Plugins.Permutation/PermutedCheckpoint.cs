using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Permutation;

/// <summary>A model with its units in the order of another's; found when the first of them is read.</summary>
internal sealed class PermutedCheckpoint : DerivedCheckpoint
{
    // Bytes of rows that are read at once, so that their columns are put in order.
    private const int MostBytes = 1 << 20;

    private readonly IReadOnlyDictionary<string, Lazy<MatchedWeights>> _matched;
    private readonly Dictionary<string, TensorInfo> _stored;
    private readonly string _identity;

    /// <param name="inner">The model.</param>
    /// <param name="matched">Who knows the orders of a tensor, by its name.</param>
    /// <param name="identity">What the orders depend on beside the model.</param>
    public PermutedCheckpoint(ICheckpointReader inner, IReadOnlyDictionary<string, Lazy<MatchedWeights>> matched, string identity)
        : base(inner)
    {
        _matched = matched;
        _identity = identity;
        _stored = inner.Tensors.Where(tensor => matched.ContainsKey(tensor.Name)).ToDictionary(tensor => tensor.Name);
        Tensors = [.. inner.Tensors.Select(tensor => _stored.ContainsKey(tensor.Name) && tensor.DType.BlockElements > 1
            ? tensor with { DType = DType.F32 }
            : tensor)];
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override string Identity => string.Join('\n', [Inner.Identity, _identity]);

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (!_matched.TryGetValue(tensor.Name, out Lazy<MatchedWeights>? matched))
        {
            Inner.Read(tensor, firstElement, destination);
            return;
        }

        // A vector is a row.
        bool isVector = tensor.Shape.Rank == 1;
        int[]? rows = isVector ? null : matched.Value.Order(tensor.Name, 0);
        int[]? columns = matched.Value.Order(tensor.Name, isVector ? 0 : 1);
        int width = (int)tensor.Shape.RowLength;
        int bytes = tensor.DType.BlockBytes;
        TensorInfo stored = _stored[tensor.Name];
        while (!destination.IsEmpty)
        {
            int row = (int)(firstElement / width);
            int column = (int)(firstElement % width);
            int elements = destination.Length / bytes;
            int whole = column == 0 ? elements / width : 0;
            int length = whole == 0
                ? Math.Min(elements, width - column)
                : TensorRows.Runs(rows, row, whole, Math.Max(1, MostBytes / (width * bytes))).First().Length * width;
            Span<byte> part = destination[..(length * bytes)];
            ReadRow(stored, rows is null ? row : rows[row], column, columns, width, bytes, part);
            firstElement += length;
            destination = destination[part.Length..];
        }
    }

    // A part of a row, or whole rows that are stored one behind the other.
    private void ReadRow(TensorInfo stored, int row, int column, int[]? columns, int width, int bytes, Span<byte> part)
    {
        long first = (long)row * width;
        if (columns is null && stored.DType.BlockElements == 1)
        {
            Inner.Read(stored, first + column, part);
            return;
        }

        int rows = Math.Max(1, part.Length / (width * bytes));
        byte[] content = new byte[rows * width * bytes];
        if (stored.DType.BlockElements == 1)
        {
            Inner.Read(stored, first, content);
        }
        else
        {
            Inner.ReadSingle(stored, first, MemoryMarshal.Cast<byte, float>(content.AsSpan()));
        }

        for (int index = 0; index < rows; index++)
        {
            ReadOnlySpan<byte> whole = content.AsSpan(index * width * bytes, width * bytes);
            Span<byte> result = rows == 1 ? part : part.Slice(index * width * bytes, width * bytes);
            if (columns is null)
            {
                whole.Slice(column * bytes, result.Length).CopyTo(result);
            }
            else
            {
                TensorRows.Gather(whole, bytes, columns, column, result);
            }
        }
    }
}
