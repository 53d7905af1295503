using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Tensors;

namespace MergeHost.Plugins.Dcp;

/// <summary>Refuses folders that are unfinished, or that another program must convert.</summary>
internal static class DcpFolder
{
    /// <summary>The file that tells which pieces there are; the last one that is written.</summary>
    public const string Metadata = ".metadata";

    /// <summary>Checks the folder of a checkpoint that is named by itself or by its <c>.metadata</c>.</summary>
    /// <exception cref="CheckpointException">There is none, or it is of a kind that cannot be read.</exception>
    public static void Check(CheckpointFiles files)
    {
        if (files.Named is not (null or Metadata))
        {
            throw CheckpointException.Unreadable(files.Path, "the file holds pieces of tensors; expected the folder of the checkpoint");
        }

        CheckBackend(files);
        if (!files.Has(Metadata))
        {
            throw Unfinished(files);
        }
    }

    // Megatron notes in metadata.json how it cut the tensors, whose names and order are its own.
    private static void CheckBackend(CheckpointFiles files)
    {
        const int mostBytes = 1 << 20;
        const string backends = "metadata.json";
        if (!files.Has(backends))
        {
            return;
        }

        JsonNode? json;
        try
        {
            using Stream stream = files.OpenStream(backends);
            json = stream.Length > mostBytes ? null : JsonNode.Parse(stream);
        }
        catch (JsonException)
        {
            return;
        }

        if (json.Find("sharded_backend").AsText() is { } name)
        {
            throw Megatron(files.Path, $"Megatron's checkpoint of the kind '{CheckpointException.Printable(name)}'");
        }
    }

    /// <summary>A checkpoint of Megatron, whose tensors are fused and named in its own way.</summary>
    public static CheckpointException Megatron(string path, string found) =>
        new(new Problem(ErrorCodes.ContentUnsupported, $"{path}: {found}, cannot be read", StateDict.ExportMegatron));

    private static CheckpointException Unfinished(CheckpointFiles files)
    {
        bool hasOwn = files.Names.Any(
            name => name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith(Metadata, StringComparison.Ordinal));
        string own = hasOwn ? "; each rank has one of its own, as use_collectives=False writes them" : "";
        return new CheckpointException(new Problem(ErrorCodes.CheckpointUnreadable,
            $"{files.Path}: there is no '{Metadata}', which is written last{own}",
            hasOwn ? "Save the checkpoint with use_collectives=True." : "Let the program that was writing the checkpoint finish."));
    }
}
