using MergeHost.Checkpoints;

namespace MergeHost.Packings;

/// <summary>A checkpoint that is to be stored packed.</summary>
public sealed record PackingRequest
{
    /// <summary>The name that stands for the packing of the models that a merge reads.</summary>
    public const string Same = "same";

    /// <summary>The packing: one of <see cref="CheckpointTransformAttribute.Packings"/>, or <see cref="Same"/>.</summary>
    public required string Packing { get; init; }

    /// <summary>The plain tensors, each with the type that the recipe gives it, and companions that say nothing of packings.</summary>
    public required CheckpointLayout Layout { get; init; }

    /// <summary>Whether the recipe says what type tensors have; without it, scales keep the type that they have in the models.</summary>
    public bool HasType { get; init; }

    /// <summary>What each tensor is made from, in the order of <see cref="Layout"/>.</summary>
    public required IReadOnlyList<PackingOrigin> Origins { get; init; }
}

/// <summary>What a tensor that is to be packed is made from.</summary>
/// <param name="Inputs">The base's tensor, if there is one, then those of the sources.</param>
/// <param name="Copied">The one of them that is taken over unchanged, if one is.</param>
public sealed record PackingOrigin(IReadOnlyList<PackingInput> Inputs, PackingInput? Copied);

/// <summary>A tensor of a model.</summary>
/// <param name="Model">The model's name, for messages.</param>
/// <param name="Tensor">The plain tensor.</param>
/// <param name="Unpacked">The model as it was unpacked; <see langword="null"/> if it is plain.</param>
/// <param name="IsAsStored">Whether the tensor is what is stored, with nothing applied to it since.</param>
public sealed record PackingInput(string Model, TensorInfo Tensor, IUnpackedCheckpoint? Unpacked, bool IsAsStored);
