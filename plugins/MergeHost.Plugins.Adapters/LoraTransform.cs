using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Files;
using MergeHost.Plugins.Adapters.Placing;
using MergeHost.Plugins.Adapters.Tuners;

namespace MergeHost.Plugins.Adapters;

/// <summary>Adds an adapter to its base: <c>W + s·B·A</c> for LoRA, and as much for its kin, in float32 as the base is read.</summary>
/// <remarks>
/// As PEFT merges it in float32, except where that is not what was trained: an adapter on one end of tied embeddings unties them, and the
/// same change at both ends is made once. With <c>scale</c> other than 1 the whole change is scaled, of DoRA too.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2106.09685">LoRA</seealso>
[CheckpointTransform("lora", Adapters = [AdapterConfig.FileName, "*.gguf"])]
public sealed class LoraTransform : ICheckpointTransform<LoraOptions>
{
    /// <inheritdoc/>
    public ICheckpointReader Apply(ICheckpointReader checkpoint, LoraOptions options, TransformContext context)
    {
        AdapterFile adapter = new(context.Open(options.Path), options.Path);
        BaseModel model = new(checkpoint, context.Original, adapter);
        AdapterTuner.Create(adapter, model).AddAll();
        return new AdaptedCheckpoint(checkpoint, adapter, model, options.Scale);
    }
}
