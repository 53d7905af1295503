using System.Buffers;
using System.Numerics.Tensors;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Packings.Reading.Codes;

namespace MergeHost.Plugins.Packings.Reading;

/// <summary>Numbers as a tensor holds them.</summary>
/// <param name="numbers">The tensor.</param>
/// <param name="columns">Columns of the grid.</param>
internal sealed class StoredGrid(StoredNumbers numbers, long columns) : IGrid
{
    public void Read(ICheckpointReader checkpoint, Block block, Span<float> destination)
    {
        if (block.Columns == columns || block.Rows == 1)
        {
            numbers.Read(checkpoint, (block.Row * columns) + block.Column, destination);
            return;
        }

        for (int row = 0; row < block.Rows; row++)
        {
            numbers.Read(checkpoint, ((block.Row + row) * columns) + block.Column, destination.Slice(row * block.Columns, block.Columns));
        }
    }
}

/// <summary>Numbers that one number of the whole tensor multiplies or divides.</summary>
/// <param name="inner">The numbers.</param>
/// <param name="factor">The one number.</param>
/// <param name="divides">Whether it divides.</param>
internal sealed class ScaledGrid(IGrid inner, StoredNumbers factor, bool divides) : IGrid
{
    public void Read(ICheckpointReader checkpoint, Block block, Span<float> numbers)
    {
        inner.Read(checkpoint, block, numbers);
        Span<float> one = stackalloc float[1];
        factor.Read(checkpoint, 0, one);
        if (divides)
        {
            if (one[0] == 0)
            {
                throw factor.Fail("it is 0, and divides all scales");
            }

            TensorPrimitives.Divide(numbers, one[0], numbers);
        }
        else
        {
            TensorPrimitives.Multiply(numbers, one[0], numbers);
        }
    }
}

/// <summary>Numbers that are codes themselves.</summary>
/// <param name="codes">The codes.</param>
/// <param name="table">The number of each code.</param>
internal sealed class CodeGrid(ICodes codes, float[] table) : IGrid
{
    public void Read(ICheckpointReader checkpoint, Block block, Span<float> numbers)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(block.Count);
        try
        {
            codes.Read(checkpoint, block, buffer.AsSpan(0, block.Count));
            for (int i = 0; i < block.Count; i++)
            {
                numbers[i] = table[buffer[i]];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

/// <summary>bitsandbytes' double quantisation: <c>map[code] · absmax[block] + offset</c>, over one long row.</summary>
/// <param name="codes">The codes.</param>
/// <param name="map">The number of each code.</param>
/// <param name="absmax">The scale of each block of codes.</param>
/// <param name="blockSize">Codes of a block.</param>
/// <param name="offset">Is added to each.</param>
internal sealed class NestedGrid(ICodes codes, StoredNumbers map, StoredNumbers absmax, int blockSize, float offset) : IGrid
{
    public void Read(ICheckpointReader checkpoint, Block block, Span<float> numbers)
    {
        float[] table = new float[256];
        map.Read(checkpoint, 0, table);
        new CodeGrid(codes, table).Read(checkpoint, block, numbers);
        long first = block.Column / blockSize;
        float[] scales = new float[((block.Column + block.Columns - 1) / blockSize) - first + 1];
        absmax.Read(checkpoint, first, scales);
        for (int i = 0; i < numbers.Length; i++)
        {
            float product = numbers[i] * scales[(int)(((block.Column + i) / blockSize) - first)];
            numbers[i] = product + offset;
        }
    }
}
