using MergeHost.Checkpoints;
using MergeHost.Models;

namespace MergeHost.Planning.Alignments;

/// <summary>A model of a stage as alignments see it: what its headers tell at once, its data once the stage runs.</summary>
internal sealed class StageCheckpoint(InputModel model) : ICheckpointReader
{
    private readonly Lazy<ICheckpointReader> _opened = new(model.Open);
    private volatile ICheckpointReader? _made;

    public IReadOnlyList<TensorInfo> Tensors => model.Stored;

    public IReadOnlyList<CompanionFile> Companions => model.Companions;

    public IReadOnlyList<string> WeightFiles => model.WeightFiles;

    public IReadOnlyList<Problem> Warnings => [];

    /// <summary>Reads what an earlier stage made, where that is not opened by its path.</summary>
    public void Use(ICheckpointReader made) => _made = model.Derive(made);

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination) =>
        (_made ?? _opened.Value).Read(tensor, firstElement, destination);

    // What opened the model disposes it.
    public void Dispose()
    {
    }
}
