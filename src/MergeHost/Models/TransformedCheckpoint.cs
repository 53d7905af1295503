using MergeHost.Checkpoints;
using MergeHost.Plugins;

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
        catch (Exception exception) when (IsMistake(exception))
        {
            throw Broken(transform, $"failed with {exception.GetType().Name}: {exception.Message} (tensor '{tensor.Name}')", exception);
        }
    }

    /// <summary>Whether an exception is a mistake of the plugin that threw it.</summary>
    public static bool IsMistake(Exception exception) => exception is not (MergeHostException or OutOfMemoryException or OperationCanceledException);

    /// <summary>The error of a transform that broke its contract.</summary>
    public static MergeHostException Broken(InstalledExport transform, string reason, Exception? inner = null) => new(
        new Problem(ErrorCodes.TransformBroken, $"{transform.Export} of plugin {transform.Plugin} {reason}", "Report it to the plugin's author, or install another version."), inner);
}
