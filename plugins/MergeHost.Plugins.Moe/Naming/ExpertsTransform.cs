using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Moe.Naming;

/// <summary>Gives the experts of a mixture the other of their two sets of names: a tensor for each weight of
/// each expert, or all of a layer in one.</summary>
/// <remarks>
/// Fused experts are recognised and read one by one, so that mixtures of both sets merge with each other, and methods that look at a whole
/// tensor look at an expert. Bytes stay as they are. Models that have one set of names only, such as GPT-OSS and Llama 4, are left alone.
/// </remarks>
[CheckpointTransform("experts", Tensors = ["*.mlp.experts.gate_up_proj"])]
public sealed class ExpertsTransform : ICheckpointTransform<ExpertsOptions>
{
    /// <inheritdoc/>
    public bool Recognises(ICheckpointReader checkpoint) => new ExpertLayout(checkpoint).FusedLayers().Any();

    /// <inheritdoc/>
    public ICheckpointReader Apply(ICheckpointReader checkpoint, ExpertsOptions options, TransformContext context)
    {
        ExpertLayout layout = new(checkpoint);
        return new RenamedExperts(checkpoint, options.Names == ExpertNames.Fused ? layout.Fuse() : layout.Separate(), options.Names);
    }
}
