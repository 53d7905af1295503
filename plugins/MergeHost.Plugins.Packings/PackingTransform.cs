using MergeHost.Checkpoints;
using MergeHost.Packings;
using MergeHost.Plugins.Packings.Schemes;
using MergeHost.Plugins.Packings.Writing;

namespace MergeHost.Plugins.Packings;

/// <summary>Options of <c>unpack</c>.</summary>
public sealed record PackingOptions
{
    /// <summary>False leaves packed weights as they are stored, so that <c>passthrough</c> copies them byte for byte.</summary>
    public bool Enabled { get; init; } = true;
}

/// <summary>Gives the weights of quantised checkpoints as float32; recognises them by their tensors and configuration.</summary>
/// <remarks>
/// Each weight has the bits that the packing's own library takes from it in float32. Scales, zero points and all else that goes with packed
/// weights is no tensor of the result, and what configuration says of quantisation is no part of it.
/// </remarks>
[CheckpointTransform("unpack", Packings = ["fp8-block", "w8a8", "mxfp4", "nvfp4", "gptq", "awq"],
    ConfigFields = ["quantization_config", "compression_config", "quantization", "text_config", "llm_config", "language_config"],
    Tensors =
    [
        "*_scale", "*_scale_inv", "*.scale", "*.scales", "*_scales", "*.qweight", "*.qscale_weight", "*.SCB", "*.W_q", "*.quant_state.*",
        "*.weight_packed",
        "*.weight_scale_2", "*.weight._scale", "*.bitmask",
    ])]
public sealed class PackingTransform : ICheckpointTransform<PackingOptions>, IWritableCheckpointTransform
{
    /// <inheritdoc/>
    public bool Recognises(ICheckpointReader checkpoint) => Scheme.Find(new PackedModel(checkpoint)) is not null;

    /// <inheritdoc/>
    public ICheckpointReader Apply(ICheckpointReader checkpoint, PackingOptions options, TransformContext context)
    {
        PackedModel model = new(checkpoint);
        return options.Enabled && Scheme.Find(model) is { } scheme
            ? new UnpackedCheckpoint(checkpoint, model, scheme)
            : new AsStored(checkpoint);
    }

    /// <inheritdoc/>
    public PackedCheckpoint Pack(PackingRequest request) => new PackingPlanner(request).Plan();

    private sealed class AsStored(ICheckpointReader inner) : DerivedCheckpoint(inner);
}
