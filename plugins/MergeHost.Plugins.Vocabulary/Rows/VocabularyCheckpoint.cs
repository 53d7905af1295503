using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>A model whose embedding, head and bias have the rows of the output's tokens; all else is the model's.</summary>
internal sealed class VocabularyCheckpoint : DerivedCheckpoint
{
    private readonly Dictionary<string, ITokenRows> _aligned;
    private readonly string _identity;

    /// <param name="inner">The model.</param>
    /// <param name="aligned">The tensors that are aligned; those that the model does not have come last.</param>
    /// <param name="identity">What the rows depend on beside the model.</param>
    public VocabularyCheckpoint(ICheckpointReader inner, IReadOnlyList<ITokenRows> aligned, string identity)
        : base(inner)
    {
        _aligned = aligned.ToDictionary(tensor => tensor.Info.Name);
        _identity = identity;
        HashSet<string> stored = [.. inner.Tensors.Select(tensor => tensor.Name)];
        Tensors =
        [
            .. inner.Tensors.Select(tensor => _aligned.TryGetValue(tensor.Name, out ITokenRows? aligned) ? aligned.Info : tensor),
            .. aligned.Select(tensor => tensor.Info).Where(tensor => !stored.Contains(tensor.Name)),
        ];
    }

    public override IReadOnlyList<TensorInfo> Tensors { get; }

    public override string Identity => string.Join('\n', [Inner.Identity, _identity]);

    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        if (_aligned.TryGetValue(tensor.Name, out ITokenRows? aligned))
        {
            aligned.Read(firstElement, destination);
        }
        else
        {
            Inner.Read(tensor, firstElement, destination);
        }
    }
}
