using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings.Reading;

/// <summary>A weight that is computed from codes when it is read.</summary>
/// <param name="plain">Its name and shape as a plain checkpoint has them, in F32.</param>
internal abstract class PackedWeight(TensorInfo plain)
{
    public TensorInfo Plain { get; } = plain;

    /// <summary>How it is packed again; <see langword="null"/> if it cannot be.</summary>
    public WeightForm? Form { get; init; }

    /// <summary>The type of its scales, where the packing leaves that open.</summary>
    public DType? ScaleType { get; init; }

    /// <summary>Reads a run of weights.</summary>
    public abstract void Read(ICheckpointReader checkpoint, long first, Span<float> weights);
}

/// <summary>A weight whose elements follow each other as the codes do, whatever its shape is.</summary>
/// <param name="plain">Its name and shape as a plain checkpoint has them.</param>
/// <param name="matrix">The codes.</param>
internal sealed class StraightWeight(TensorInfo plain, GroupedMatrix matrix) : PackedWeight(plain)
{
    public override void Read(ICheckpointReader checkpoint, long first, Span<float> weights)
    {
        long columns = matrix.Columns;
        for (int done = 0; done < weights.Length;)
        {
            long row = (first + done) / columns;
            long column = (first + done) % columns;
            long left = weights.Length - done;
            Block block = column == 0 && left >= columns
                ? new Block(row, (int)(left / columns), 0, (int)columns)
                : new Block(row, 1, column, (int)Math.Min(left, columns - column));
            matrix.Read(checkpoint, block, weights.Slice(done, block.Count));
            done += block.Count;
        }
    }
}

/// <summary>A weight that is the codes' matrix, or each matrix of a stack, on its side.</summary>
/// <remarks>Some of the codes' columns are read at a time, as rows, and kept for the runs that follow.</remarks>
/// <param name="plain">Its name and shape as a plain checkpoint has them.</param>
/// <param name="matrix">The codes, [matrices · height, width].</param>
/// <param name="height">Rows of each matrix.</param>
/// <param name="bands">Keeps what was read.</param>
internal sealed class TransposedWeight(TensorInfo plain, GroupedMatrix matrix, long height, BandCache bands) : PackedWeight(plain)
{
    private const int BandBytes = 8 << 20;
    private const int RowsAtOnce = 32;

    // Whole words and groups, whatever the packing.
    private readonly int _bandRows = (int)Math.Min(matrix.Columns, Math.Max(32, BandBytes / sizeof(float) / height / 32 * 32));

    public override void Read(ICheckpointReader checkpoint, long first, Span<float> weights)
    {
        for (int done = 0; done < weights.Length;)
        {
            long row = (first + done) / height;
            long at = row / matrix.Columns;
            int band = (int)(row % matrix.Columns / _bandRows);
            float[] values = bands.Get((this, at, band), () => Make(checkpoint, at, band));
            long start = first + done - (((at * matrix.Columns) + ((long)band * _bandRows)) * height);
            int length = (int)Math.Min(weights.Length - done, values.Length - start);
            values.AsSpan((int)start, length).CopyTo(weights[done..]);
            done += length;
        }
    }

    private float[] Make(ICheckpointReader checkpoint, long at, int band)
    {
        long column = (long)band * _bandRows;
        int columns = (int)Math.Min(_bandRows, matrix.Columns - column);
        float[] values = GC.AllocateUninitializedArray<float>(checked((int)(columns * height)));
        float[] rows = new float[RowsAtOnce * columns];
        for (long row = 0; row < height; row += RowsAtOnce)
        {
            Block block = new((at * height) + row, (int)Math.Min(RowsAtOnce, height - row), column, columns);
            matrix.Read(checkpoint, block, rows.AsSpan(0, block.Count));
            Transpose(rows, block.Rows, columns, values.AsSpan((int)row));
        }

        return values;
    }

    private void Transpose(ReadOnlySpan<float> rows, int count, int columns, Span<float> values)
    {
        // Rows of the result lie a power of two apart as a rule: written one after the other they do not push each other out of the cache.
        ref float source = ref MemoryMarshal.GetReference(rows);
        for (int column = 0; column < columns; column++)
        {
            Span<float> target = values.Slice((int)(column * height), count);
            for (int row = 0; row < target.Length; row++)
            {
                target[row] = Unsafe.Add(ref source, (row * columns) + column);
            }
        }
    }
}
