using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>Decides what a file says beside its tensors.</summary>
internal static class MetadataPlanner
{
    /// <summary>The keys of a checkpoint, in the order in which they are stored.</summary>
    /// <exception cref="CheckpointException">Nothing tells what the model is.</exception>
    public static IReadOnlyList<MetadataEntry> Plan(string folder, CheckpointLayout layout)
    {
        Metadata? model = MetadataCompanion.Find(layout.Companions, MetadataCompanion.Model);
        Metadata? tokenizer = MetadataCompanion.Find(layout.Companions, MetadataCompanion.Tokenizer);
        return model is null
            ? throw new CheckpointException(new Problem(ErrorCodes.BadConfig, $"{folder}: nothing tells which architecture the model is of"))
            : [.. model.Entries, .. tokenizer?.Entries ?? []];
    }
}
