using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Dcp;

/// <summary>Finds the folder that a path stands for, and refuses those that another program must convert.</summary>
internal static class DcpFolder
{
    /// <summary>The file that tells which pieces there are; the last one that is written.</summary>
    public const string Metadata = ".metadata";

    /// <summary>The way out for checkpoints of Megatron.</summary>
    public const string ExportMegatron =
        "Export it with Megatron-Bridge: `AutoBridge.from_hf_pretrained(\"HF_MODEL\").export_ckpt(\"FOLDER\", \"OUT\")`.";

    /// <summary>Finds the folder of a checkpoint that is named by itself or by its <c>.metadata</c>.</summary>
    /// <exception cref="CheckpointException">There is none, or it is of a kind that cannot be read.</exception>
    public static string Find(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                return Path.GetFileName(path) == Metadata ? Path.GetDirectoryName(path) ?? ""
                    : throw CheckpointException.Unreadable(path, "the file holds pieces of tensors; expected the folder of the checkpoint");
            }

            CheckBackend(path);
            return File.Exists(Path.Combine(path, Metadata)) ? path : throw Unfinished(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CheckpointException.Unreadable(path, exception.Message, exception);
        }
    }

    // Megatron notes in metadata.json how it cut the tensors, whose names and order are its own.
    private static void CheckBackend(string folder)
    {
        const int mostBytes = 1 << 20;
        FileInfo file = new(Path.Combine(folder, "metadata.json"));
        if (!file.Exists || file.Length > mostBytes)
        {
            return;
        }

        JsonNode? json;
        try
        {
            json = JsonNode.Parse(File.ReadAllText(file.FullName));
        }
        catch (JsonException)
        {
            return;
        }

        if (json is JsonObject fields && fields["sharded_backend"] is JsonValue backend && backend.TryGetValue(out string? name))
        {
            throw Megatron(folder, $"Megatron's checkpoint of the kind '{CheckpointException.Printable(name)}'");
        }
    }

    /// <summary>A checkpoint of Megatron, whose tensors are fused and named in its own way.</summary>
    public static CheckpointException Megatron(string path, string found) =>
        new(new Problem(ErrorCodes.ContentUnsupported, $"{path}: {found}, cannot be read", ExportMegatron));

    private static CheckpointException Unfinished(string folder)
    {
        bool hasOwn = Directory.EnumerateFiles(folder, "__*.metadata").Any();
        string own = hasOwn ? "; each rank has one of its own, as use_collectives=False writes them" : "";
        return new CheckpointException(new Problem(ErrorCodes.CheckpointUnreadable,
            $"{folder}: there is no '{Metadata}', which is written last{own}",
            hasOwn ? "Save the checkpoint with use_collectives=True." : "Let the program that was writing the checkpoint finish."));
    }
}
