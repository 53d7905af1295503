using MergeHost.Checkpoints;
using MergeHost.Packings;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>How each tensor of a checkpoint is packed.</summary>
internal sealed class PackingPlan(
    CheckpointLayout layout, IReadOnlyDictionary<string, PlannedWeight> packed, IReadOnlyList<Problem> warnings)
    : PackedCheckpoint
{
    public override CheckpointLayout Layout => layout;

    public override IReadOnlyDictionary<string, PackedTensor> Tensors { get; } = packed.ToDictionary(tensor => tensor.Key,
        tensor => tensor.Value.Tensor);

    public override IReadOnlyList<Problem> Warnings => warnings;

    public override IPackingWriter Wrap(ICheckpointWriter inner) => new PackingWriter(inner, packed);

    public override ICheckpointReader Unwrap(ICheckpointReader stored)
    {
        PackedModel model = new(stored);
        return Schemes.Scheme.Find(model) is { } scheme ? new UnpackedCheckpoint(stored, model, scheme) : stored;
    }
}
