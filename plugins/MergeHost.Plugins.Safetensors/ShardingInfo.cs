using System.Text.Json;
using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>What PyTorch's HuggingFaceStorageWriter notes where each rank writes its pieces of tensors into a file of its own.</summary>
internal static class ShardingInfo
{
    /// <summary>The key in a header's metadata.</summary>
    public const string Key = "DCP_SHARDING_INFO";

    /// <summary>Refuses a file that holds pieces; warns of one that may.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The value: for each tensor, where in the whole one it begins.</param>
    /// <exception cref="CheckpointException">A tensor does not begin where the whole one does.</exception>
    public static Problem Check(string path, string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonProperty tensor in document.RootElement.EnumerateObject())
            {
                JsonElement offsets = tensor.Value.GetProperty("saved_offsets");
                if (offsets.EnumerateArray().Any(offset => offset.GetInt64() != 0))
                {
                    throw CheckpointException.BadTensor(
                        path, tensor.Name, $"the file has a piece of it, at {offsets.GetRawText()}",
                        "Consolidate the files of all ranks by `torch.distributed.checkpoint._consolidate_hf_safetensors.consolidate_safetensors_files`.");
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw CheckpointException.BadHeader(path, $"'{Key}' is not what PyTorch writes");
        }

        return Oddity.Of(path, $"the file was written by one rank of several ('{Key}'); that its tensors are whole cannot be told");
    }
}
