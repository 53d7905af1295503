using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Tensors;

/// <summary>Takes a tensor over: byte for byte when its dtype stays, else rounded to the new one.</summary>
internal sealed unsafe class CopyPhase(TensorData data, int input, DType from, DType to, TensorOutput output) : ITensorPhase
{
    public int BlockCount => data.BlockCount;

    public void Run(int block, BlockWorker worker)
    {
        BlockPart whole = data.Whole(block);
        byte* stored = data.LoadStored(input, block, worker);
        if (from == to)
        {
            output.WriteStored(whole.FirstElement, new ReadOnlySpan<byte>(stored, (int)from.LengthBytes(whole.Count)),
                data.DigestOf(input));
            return;
        }

        foreach (BlockPart part in data.Parts(block))
        {
            Span<float> decoded = new(worker.Buffer(BufferUse.Decoded, 0, sizeof(float) * (long)part.Count), part.Count);
            data.Decode(input, part, stored, decoded);
            output.Take(part, decoded, worker);
        }

        output.Write(whole, worker);
    }
}
