using System.Text;
using System.Text.Json.Nodes;
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
        foreach ((string tensor, JsonNode? record) in PythonJson.Parse(Encoding.UTF8.GetBytes(json), _ => Odd()) as JsonObject
            ?? throw Odd())
        {
            JsonArray offsets = record.Find("saved_offsets") as JsonArray ?? throw Odd();
            if (offsets.Any(offset => (offset.AsWhole() ?? throw Odd()) != 0))
            {
                throw CheckpointException.BadTensor(
                    path, tensor, $"the file has a piece of it, at {offsets.Words()}",
                    "Consolidate the files of all ranks by "
                        + "`torch.distributed.checkpoint._consolidate_hf_safetensors.consolidate_safetensors_files`.");
            }
        }

        return Oddity.Of(path, $"the file was written by one rank of several ('{Key}'); that its tensors are whole cannot be told");

        CheckpointException Odd() => CheckpointException.BadHeader(path, $"'{Key}' is not what PyTorch writes");
    }
}
