using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>Reads runs of blocks.</summary>
internal class BlockCodec<T> : IElementCodec
    where T : struct, IBlock
{
    /// <inheritdoc/>
    public virtual bool CanEncode => false;

    /// <inheritdoc/>
    public unsafe void ToSingle(ReadOnlySpan<byte> source, Span<float> destination)
    {
        int count = Count(source.Length, destination.Length);
        fixed (byte* blocks = source)
        fixed (float* values = destination)
        {
            for (nint block = 0; block < count; block++)
            {
                T.Decode(blocks + (block * T.Bytes), values + (block * T.Elements));
            }
        }
    }

    /// <inheritdoc/>
    public unsafe int CountNonFinite(ReadOnlySpan<byte> source)
    {
        int count = 0;
        fixed (byte* blocks = source)
        {
            for (nint at = 0; at < source.Length; at += T.Bytes)
            {
                count += T.IsFinite(blocks + at) ? 0 : T.Elements;
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public virtual int RunElements => 1;

    /// <inheritdoc/>
    public virtual void FromSingle(ReadOnlySpan<float> source, Span<byte> destination) =>
        throw new NotSupportedException($"{typeof(T).Name} can be read, not written");

    /// <inheritdoc/>
    public virtual void FromSingle(ReadOnlySpan<float> source, Span<byte> destination, long firstElement) =>
        FromSingle(source, destination);

    /// <summary>How many blocks there are.</summary>
    /// <exception cref="ArgumentException">The lengths are not those of whole blocks, as many of one as of the other.</exception>
    protected static int Count(int lengthBytes, int elements) =>
        lengthBytes % T.Bytes == 0 && elements % T.Elements == 0 && lengthBytes / T.Bytes == elements / T.Elements
            ? lengthBytes / T.Bytes
            : throw new ArgumentException($"{lengthBytes} bytes are not {elements} elements of {typeof(T).Name}");
}

/// <summary>Reads and writes runs of blocks.</summary>
internal sealed class EncodableBlockCodec<T> : BlockCodec<T>
    where T : struct, IEncodableBlock
{
    /// <inheritdoc/>
    public override bool CanEncode => true;

    /// <inheritdoc/>
    public override unsafe void FromSingle(ReadOnlySpan<float> source, Span<byte> destination)
    {
        int count = Count(destination.Length, source.Length);
        fixed (float* values = source)
        fixed (byte* blocks = destination)
        {
            for (nint block = 0; block < count; block++)
            {
                T.Encode(values + (block * T.Elements), blocks + (block * T.Bytes));
            }
        }
    }
}

/// <summary>Reads and writes runs of blocks: first the scales of many, then their numbers, so
/// that none of them waits for another.</summary>
internal sealed class ScaledBlockCodec<T> : BlockCodec<T>
    where T : struct, IScaledBlock
{
    private const int Batch = 64;

    /// <inheritdoc/>
    public override bool CanEncode => true;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public override unsafe void FromSingle(ReadOnlySpan<float> source, Span<byte> destination)
    {
        int count = Count(destination.Length, source.Length);
        float* scales = stackalloc float[Batch];
        float* inverses = stackalloc float[Batch];
        ushort* halves = stackalloc ushort[Batch];
        fixed (float* values = source)
        fixed (byte* blocks = destination)
        {
            for (nint first = 0; first < count; first += Batch)
            {
                int length = (int)nint.Min(Batch, count - first);
                for (int block = 0; block < length; block++)
                {
                    scales[block] = T.Extreme(values + ((first + block) * T.Elements));
                }

                Rounding.Divide(scales, T.Most, length, halves, inverses);
                for (int block = 0; block < length; block++)
                {
                    byte* target = blocks + ((first + block) * T.Bytes);
                    Unsafe.WriteUnaligned(target, halves[block]);
                    T.Encode(values + ((first + block) * T.Elements), Vector512.Create(inverses[block]), target + sizeof(ushort));
                }
            }
        }
    }
}

/// <summary>Reads and writes runs of blocks, by what the columns of a matrix matter.</summary>
/// <param name="importance">One number a column.</param>
internal sealed class WeightedBlockCodec<T>(float[] importance) : BlockCodec<T>
    where T : struct, IWeightedBlock
{
    /// <inheritdoc/>
    public override bool CanEncode => true;

    /// <inheritdoc/>
    public override int RunElements => T.NeedsRow ? importance.Length : 1;

    /// <inheritdoc/>
    public override void FromSingle(ReadOnlySpan<float> source, Span<byte> destination) => FromSingle(source, destination, 0);

    /// <inheritdoc/>
    public override unsafe void FromSingle(ReadOnlySpan<float> source, Span<byte> destination, long firstElement)
    {
        int count = Count(destination.Length, source.Length);
        int column = (int)(firstElement % importance.Length);
        float meanSquare = 0;
        fixed (float* values = source)
        fixed (float* columns = importance)
        fixed (byte* blocks = destination)
        {
            for (nint block = 0; block < count; block++)
            {
                float* first = values + (block * T.Elements);
                if (T.NeedsRow && column == 0)
                {
                    meanSquare = ScaleSearch.SumOfSquares(first, importance.Length) / importance.Length;
                }

                T.Encode(first, columns + column, meanSquare, blocks + (block * T.Bytes));
                column = (column + T.Elements) % importance.Length;
            }
        }
    }
}
