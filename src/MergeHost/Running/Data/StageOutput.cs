using MergeHost.Checkpoints;
using MergeHost.Packings;

namespace MergeHost.Running.Data;

/// <summary>Where a stage's tensors go: a format's writer, perhaps by way of what packs them.</summary>
internal sealed class StageOutput
{
    /// <param name="files">The format's writer; disposed with <see cref="Writer"/>.</param>
    /// <param name="packed">How tensors are packed, or <see langword="null"/>.</param>
    public StageOutput(ICheckpointWriter files, PackedCheckpoint? packed)
    {
        Parts = packed is null ? null : new PartDigests(files);
        Writer = Parts is null ? files : packed!.Wrap(Parts);
    }

    /// <summary>Takes plain tensors.</summary>
    public ICheckpointWriter Writer { get; }

    /// <summary>The digests of what packed tensors are stored in; <see langword="null"/> if none are.</summary>
    public PartDigests? Parts { get; }

    /// <summary>What is worth knowing of what was written.</summary>
    public IReadOnlyList<Problem> Report() => (Writer as IPackingWriter)?.Report() ?? [];
}
