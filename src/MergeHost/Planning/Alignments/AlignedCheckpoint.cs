using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Planning.Alignments;

/// <summary>A model that a plugin's alignment made; what the plugin throws while it is read names the plugin.</summary>
internal sealed class AlignedCheckpoint(ICheckpointReader inner, InstalledExport alignment) : DerivedCheckpoint(inner)
{
    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        try
        {
            Inner.Read(tensor, firstElement, destination);
        }
        catch (Exception exception) when (PluginMistake.Is(exception))
        {
            throw PluginMistake.Failed(ErrorCodes.AlignmentBroken, alignment, exception, $"tensor '{tensor.Name}'");
        }
    }
}
