using MergeHost.Packings;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>A weight of a checkpoint that is stored packed.</summary>
/// <param name="Tensor">What it is stored in.</param>
/// <param name="Packer">Packs it; <see langword="null"/> if it is copied.</param>
/// <param name="Ranges">Ranges of activations that go with it.</param>
internal sealed record PlannedWeight(PackedTensor Tensor, WeightPacker? Packer, IReadOnlyList<ActivationRange> Ranges);
