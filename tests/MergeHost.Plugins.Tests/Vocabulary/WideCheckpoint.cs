using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Tests.Vocabulary;

/// <summary>A model whose embedding, which is never read, has so many columns that an
/// <see cref="int"/> does not count its elements.</summary>
internal sealed class WideCheckpoint(ICheckpointReader inner) : DerivedCheckpoint(inner)
{
    public const long Width = 1L << 29;

    public override IReadOnlyList<TensorInfo> Tensors { get; } =
        [.. inner.Tensors.Select(tensor => tensor.Name == "model.embed_tokens.weight"
            ? tensor with { Shape = [tensor.Shape[0], Width] }
            : tensor)];
}
