using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>Hugging Face's format: a JSON header and the bytes of the tensors, in one file, or in shards with an index.</summary>
/// <remarks>
/// Stricter than the reference implementation: names that stand twice, are empty or very long, hold control characters or climb
/// folders are refused.
/// </remarks>
/// <seealso href="https://github.com/huggingface/safetensors#format">The format</seealso>
[CheckpointFormat("safetensors", Files = ["*.safetensors", "*.safetensors.index.json"])]
public sealed class SafetensorsFormat : IWritableCheckpointFormat
{
    /// <inheritdoc/>
    public ICheckpointReader Open(CheckpointFiles files) =>
        PartedCheckpoint.Open(files, part => SafetensorsReader.Open(SafetensorsFiles.Find(part)));

    /// <inheritdoc/>
    public ICheckpointWriter Create(string folder, CheckpointLayout layout) =>
        PartedWriter.Create(folder, layout, (part, own) => SafetensorsWriter.Create(part, own));

    /// <inheritdoc/>
    public IReadOnlyList<CheckpointShard> Distribute(CheckpointLayout layout) =>
        ModelParts.Find(layout) is not null ? []
        : [.. ShardLayout.Distribute(layout)
            .Select(shard => new CheckpointShard(shard.Name, [.. shard.Records.Select(record => record.Info)]))];

    /// <inheritdoc/>
    public ICheckpointWriter CreateShards(string folder, CheckpointLayout layout, IReadOnlyList<CheckpointShard> shards) =>
        SafetensorsWriter.Create(folder, layout, shards);
}
