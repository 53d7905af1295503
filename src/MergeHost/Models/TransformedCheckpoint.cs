using MergeHost.Checkpoints;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Models;

/// <summary>A checkpoint that a plugin's transform made; what the plugin throws while it is read names the plugin.</summary>
internal sealed class TransformedCheckpoint(ICheckpointReader inner, InstalledExport transform) : DerivedCheckpoint(inner)
{
    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        try
        {
            Inner.Read(tensor, firstElement, destination);
        }
        catch (Exception exception) when (PluginMistake.Is(exception))
        {
            throw PluginMistake.Failed(ErrorCodes.TransformBroken, transform, exception, $"tensor '{tensor.Name}'");
        }
    }
}
