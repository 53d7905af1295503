using MergeHost.Checkpoints;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Models.Calls;

/// <summary>A checkpoint that a plugin's transform or alignment made; what the plugin throws, prints or ends
/// while it is read is put down to it.</summary>
internal sealed class PluginCheckpoint(ICheckpointReader inner, InstalledExport export) : DerivedCheckpoint(inner)
{
    public override void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        PluginCall call = new(export, $"tensor '{tensor.Name}'");
        using PluginCall.Scope scope = call.Enter();
        try
        {
            Inner.Read(tensor, firstElement, destination);
        }
        catch (Exception exception) when (PluginMistake.Is(exception))
        {
            throw PluginMistake.Failed(export, exception, call.At);
        }
    }
}
