using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Building;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters;

/// <summary>Gives an adapter as the change that it makes to a base: <c>s·B·A</c> for each module, in float32 as it is read.</summary>
/// <remarks>Tensors have the names of the loaded model. What an adapter has whole is left out, for
/// the change to it depends on the base.</remarks>
[CheckpointTransform("lora_change", Changes = [AdapterConfig.FileName])]
public sealed class LoraChangeTransform : ICheckpointTransform<LoraChangeOptions>
{
    /// <inheritdoc/>
    public ICheckpointReader Apply(ICheckpointReader checkpoint, LoraChangeOptions options, TransformContext context)
    {
        string name = checkpoint.WeightFiles.Count == 0 ? "the adapter" : checkpoint.WeightFiles[0];
        return new LoraChange(checkpoint,
            new PlainLora(new MergedAdapter { Model = name }, checkpoint, null, message => new CheckpointException(new Problem(
                ErrorCodes.ContentUnsupported, message, "Take models instead of adapters by themselves: `base+adapter`."))));
    }
}

/// <summary>Parameters of <c>lora_change</c>: none.</summary>
public sealed record LoraChangeOptions;
