using MergeHost.Checkpoints;

namespace MergeHost.Scoring;

/// <summary>An adapted model in which some tensors are the base's.</summary>
/// <remarks>It owns neither of the two.</remarks>
internal sealed class SwappedCheckpoint : ICheckpointReader
{
    private readonly ICheckpointReader _adapted;
    private readonly Dictionary<string, (ICheckpointReader Reader, TensorInfo Tensor)> _swapped;

    /// <param name="base">The base.</param>
    /// <param name="adapted">The adapted model, whose configuration and tokenizer it has.</param>
    /// <param name="pairs">The tensors that are the base's.</param>
    public SwappedCheckpoint(ICheckpointReader @base, ICheckpointReader adapted, IEnumerable<ScorePair> pairs)
    {
        _adapted = adapted;
        _swapped = pairs.ToDictionary(pair => pair.Adapted.Tensor.Name, pair => (@base, pair.Base.Tensor));
        Tensors = [.. adapted.Tensors.Select(tensor => _swapped.TryGetValue(tensor.Name, out (ICheckpointReader, TensorInfo Tensor) other) ? other.Tensor with { Name = tensor.Name } : tensor)];
    }

    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyList<CompanionFile> Companions => _adapted.Companions;

    public IReadOnlyList<string> WeightFiles => _adapted.WeightFiles;

    public IReadOnlyList<Problem> Warnings => [];

    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        (ICheckpointReader reader, TensorInfo stored) = _swapped.GetValueOrDefault(tensor.Name, (_adapted, tensor));
        reader.Read(stored, firstElement, destination);
    }

    public void Dispose()
    {
    }
}
