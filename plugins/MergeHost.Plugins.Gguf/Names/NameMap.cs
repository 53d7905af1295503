using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>Names and rows of one checkpoint, from GGUF to Hugging Face and back.</summary>
/// <param name="path">The file or folder, for messages.</param>
/// <param name="architecture">The architecture, or <see langword="null"/> if none is known: then names stay as they are.</param>
/// <param name="headCount">The number of heads that a key says.</param>
internal sealed class NameMap(string path, Architecture? architecture, Func<string, long?> headCount)
{
    /// <summary>The map of a file that is read.</summary>
    public static NameMap Of(Metadata metadata)
    {
        string name = metadata.Text(ModelKind.ArchitectureKey)!;

        // Models whose keys have as many heads as queries need not say so.
        return new NameMap(metadata.Path, Architecture.Find(name), key => metadata.Whole($"{name}.{key}") ?? metadata.Whole($"{name}.attention.head_count"));
    }

    /// <summary>The map of a file that is written.</summary>
    public static NameMap Of(string path, Architecture architecture, JsonObject config) => new(path, architecture, key =>
        ConfigMap.Whole(config, architecture.Keys.First(entry => entry.Gguf.Contains(key)).Hub) ?? ConfigMap.Whole(config, "num_attention_heads"));

    /// <summary>Whether a tensor is computed from the configuration, and has no name in Hugging Face.</summary>
    public bool IsMade(string gguf) => architecture?.Made.Contains(gguf) == true;

    /// <summary>A tensor as Hugging Face has it, with the order of its rows in GGUF.</summary>
    /// <returns>The tensor's own name if there is no other, with <see langword="false"/>.</returns>
    /// <exception cref="CheckpointException">Its rows cannot be put in order.</exception>
    public (TensorInfo Info, RowOrder? Rows, bool IsKnown) ToHub(TensorInfo gguf) => architecture?.FindGguf(gguf.Name, out int layer) is { } name
        ? (gguf with { Name = name.HubIn(layer) }, OrderOf(name, gguf), true)
        : (gguf, null, architecture is null);

    /// <summary>A tensor as GGUF has it, with the order of its rows.</summary>
    /// <exception cref="CheckpointException">The architecture has no such tensor, or its rows cannot be put in order.</exception>
    public (TensorInfo Info, RowOrder? Rows) ToGguf(TensorInfo hub)
    {
        if (architecture is null)
        {
            return (hub, null);
        }

        TensorNames name = architecture.FindHub(hub.Name, out int layer) ?? throw CheckpointException.BadTensor(
            path, hub.Name, $"GGUF's architecture '{architecture.Name}' has no such tensor", "Store the model as safetensors, or leave the tensor out.");
        return (hub with { Name = name.GgufIn(layer) }, OrderOf(name, hub));
    }

    private RowOrder? OrderOf(TensorNames name, TensorInfo tensor)
    {
        if (name.Heads is null)
        {
            return null;
        }

        long heads = headCount(name.Heads) ?? throw CheckpointException.BadTensor(
            path, tensor.Name, $"'{name.Heads}' is not there, so that the order of rows cannot be told");
        long rows = tensor.Shape.Rank == 0 ? 0 : tensor.Shape[0];
        return heads > 0 && rows > 0 && rows % (2 * heads) == 0
            ? new RowOrder(tensor.LengthBytes / rows, rows / heads)
            : throw CheckpointException.BadTensor(path, tensor.Name, $"{rows} rows are not {heads} heads of an even number of rows");
    }
}
