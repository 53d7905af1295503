using System.Buffers;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Reading.Codes;

/// <summary>Codes of which an element holds several that lie far apart: the rows are cut into as many parts of equal
/// height, one for each place in an element.</summary>
/// <param name="tensor">Holds them, [height of a part, columns], in one byte or in four.</param>
/// <param name="bits">Bits of a code, 1 to 8.</param>
/// <param name="firstShift">Where the first part's codes begin in an element.</param>
/// <param name="step">How far the next part's codes lie from there.</param>
internal sealed class LayeredCodes(TensorInfo tensor, int bits, int firstShift, int step) : ICodes
{
    private readonly long _height = tensor.Shape[0];
    private readonly long _columns = tensor.ElementCount / Math.Max(1, tensor.Shape[0]);
    private readonly int _elementBytes = tensor.DType.BlockBytes;

    public void Read(ICheckpointReader checkpoint, Block block, Span<byte> codes)
    {
        for (int done = 0; done < block.Rows;)
        {
            long row = block.Row + done;
            int rows = (int)Math.Min(block.Rows - done, _height - (row % _height));
            int whole = block.Columns == _columns ? rows : 1;
            Read(checkpoint, ((row % _height) * _columns) + block.Column, firstShift + (step * (int)(row / _height)),
                codes.Slice(done * block.Columns, whole * block.Columns));
            done += whole;
        }
    }

    private void Read(ICheckpointReader checkpoint, long first, int shift, Span<byte> codes)
    {
        int mask = (1 << bits) - 1;
        int lengthBytes = codes.Length * _elementBytes;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(lengthBytes);
        try
        {
            checkpoint.Read(tensor, first, buffer.AsSpan(0, lengthBytes));
            for (int i = 0; i < codes.Length; i++)
            {
                uint element = _elementBytes == 1 ? buffer[i] : BitConverter.ToUInt32(buffer, i * sizeof(uint));
                codes[i] = (byte)((element >> shift) & mask);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
