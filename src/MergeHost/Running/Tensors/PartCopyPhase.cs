using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Tensors;

/// <summary>Takes a packed tensor over part by part, byte for byte.</summary>
internal sealed class PartCopyPhase : ITensorPhase
{
    private readonly RunContext _context;
    private readonly List<(ICheckpointReader From, TensorInfo Source, TensorInfo Part, long First, int Count)> _blocks = [];

    public PartCopyPhase(PackedTensor tensor, RunContext context)
    {
        _context = context;
        foreach (((ICheckpointReader from, TensorInfo source), TensorInfo part) in tensor.Copied.Zip(tensor.Parts))
        {
            for (long first = 0; first < part.ElementCount; first += context.Options.BlockElements)
            {
                _blocks.Add((from, source, part, first, (int)Math.Min(context.Options.BlockElements, part.ElementCount - first)));
            }
        }
    }

    public int BlockCount => _blocks.Count;

    public unsafe void Run(int block, BlockWorker worker)
    {
        (ICheckpointReader from, TensorInfo source, TensorInfo part, long first, int count) = _blocks[block];
        int length = (int)source.DType.LengthBytes(count);
        Span<byte> bytes = new(worker.Buffer(BufferUse.Stored, 0, length), length);
        from.Read(source, first, bytes);
        _context.Writer.Write(part, first, bytes);
        _context.AddProcessed(2L * length);
    }
}
