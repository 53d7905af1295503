using MergeHost.Kernels.DTypes;

namespace MergeHost.Running;

/// <summary>Takes a tensor over: byte for byte when its dtype stays, else rounded to the new one.</summary>
internal sealed unsafe class CopyPhase(TensorData data, int input, DType from, DType to, TensorOutput output) : ITensorPhase
{
    public int BlockCount => data.BlockCount;

    public void Run(int block, BlockWorker worker)
    {
        long first = data.FirstElement(block);
        int count = data.Length(block);
        ReadOnlySpan<byte> stored = new(data.LoadStored(input, block, worker), (int)from.LengthBytes(count));
        if (from == to)
        {
            output.WriteStored(first, stored);
            return;
        }

        Span<float> decoded = new(worker.Buffer(BufferUse.Decoded, 0, sizeof(float) * (long)count), count);
        DTypeConversion.ToSingle(from, stored, decoded);
        output.Write(first, decoded, worker);
    }
}
