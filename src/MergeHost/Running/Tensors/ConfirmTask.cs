using MergeHost.Checkpoints;
using MergeHost.Running.Data;
using MergeHost.Running.Scheduling;

namespace MergeHost.Running.Tensors;

/// <summary>Compares the bytes of a tensor that an earlier run made with what was noted of it.</summary>
/// <param name="record">What was noted.</param>
/// <param name="stored">What it is stored in, each with its digest.</param>
/// <param name="writer">Reads it back.</param>
internal sealed class ConfirmTask(TensorRecord record, IReadOnlyList<(TensorInfo Tensor, string Digest)> stored, ICheckpointWriter writer)
    : IBlockTask, ITensorPhase
{
    public TensorRecord Record => record;

    /// <summary>How much is read.</summary>
    public long LengthBytes => stored.Sum(part => part.Tensor.LengthBytes);

    /// <summary>Whether all of it is there.</summary>
    public bool IsConfirmed { get; private set; }

    public ITensorPhase? Phase { get; private set; }

    public long NeededBytes => 0;

    public int BlockCount => 1;

    public void Begin() => Phase = this;

    public void Run(int block, BlockWorker worker) =>
        IsConfirmed = stored.All(part => TensorDigest.Of(part.Tensor, writer.Read) == part.Digest);

    public void Advance(BlockWorker worker) => Phase = null;
}
