using MergeHost.Plugins.PyTorch.Tensors;

namespace MergeHost.Plugins.Dcp;

/// <summary>A tensor that is put together from its pieces as it is read.</summary>
internal sealed class PiecedReader
{
    private readonly int _elementBytes;
    private readonly (PieceBox Box, StoredTensor Stored)[] _pieces;

    // Elements of the tensor between neighbours along each dimension.
    private readonly long[] _steps;

    public PiecedReader(PiecedTensor tensor, IReadOnlyList<StoredTensor> stored)
    {
        _elementBytes = tensor.Type.BlockBytes;
        _pieces = [.. tensor.Pieces.Select(piece => piece.Box).Zip(stored)];
        _steps = Steps(tensor.Sizes);
    }

    /// <summary>Fills a span with a run of elements.</summary>
    public void Read(long firstElement, Span<byte> destination)
    {
        foreach ((PieceBox box, StoredTensor stored) in _pieces)
        {
            Copy(new Run(box, stored, Steps(box.Sizes), firstElement), 0, 0, 0, destination);
        }
    }

    private static long[] Steps(long[] sizes)
    {
        long[] steps = new long[sizes.Length];
        long step = 1;
        for (int i = sizes.Length - 1; i >= 0; i--)
        {
            steps[i] = step;
            step *= sizes[i];
        }

        return steps;
    }

    // At a dimension: 'whole' and 'part' are where the indices before it lead to in the tensor and in the piece.
    private void Copy(in Run run, int dimension, long whole, long part, Span<byte> destination)
    {
        long end = run.First + (destination.Length / _elementBytes);
        if (IsInOneRow(run.Box, dimension))
        {
            long start = whole + (dimension < _steps.Length ? run.Box.Offsets[dimension] * _steps[dimension] : 0);
            long count = dimension < _steps.Length ? run.Box.Sizes[dimension] * _steps[dimension] : 1;
            long from = Math.Max(start, run.First);
            long to = Math.Min(start + count, end);
            if (from < to)
            {
                int at = (int)((from - run.First) * _elementBytes);
                run.Stored.Read(part + from - start, destination.Slice(at, (int)((to - from) * _elementBytes)));
            }

            return;
        }

        // Only the indices whose elements can be in the run.
        long step = _steps[dimension];
        long firstIndex = Math.Max(0, ((run.First - whole) / step) - run.Box.Offsets[dimension]);
        long endIndex = Math.Min(run.Box.Sizes[dimension], ((end - 1 - whole) / step) - run.Box.Offsets[dimension] + 1);
        for (long i = firstIndex; i < endIndex; i++)
        {
            Copy(run, dimension + 1, whole + ((run.Box.Offsets[dimension] + i) * step), part + (i * run.Steps[dimension]), destination);
        }
    }

    // Whether the piece has all of the dimensions behind this one, so that its elements follow each other in the tensor too.
    private bool IsInOneRow(PieceBox box, int dimension)
    {
        for (int i = dimension + 1; i < _steps.Length; i++)
        {
            if (box.Sizes[i] * _steps[i] != _steps[i - 1])
            {
                return false;
            }
        }

        return true;
    }

    private readonly record struct Run(PieceBox Box, StoredTensor Stored, long[] Steps, long First);
}
