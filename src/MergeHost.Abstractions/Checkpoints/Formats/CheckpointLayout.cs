namespace MergeHost.Checkpoints;

/// <summary>Everything that a checkpoint will hold, known before its first byte is written.</summary>
public sealed record CheckpointLayout
{
    /// <summary>The tensors in the order in which they are to be stored; names are unique.</summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>Configuration and tokenizer, in Hugging Face's form.</summary>
    public IReadOnlyList<CompanionFile> Companions { get; init; } = [];

    /// <summary>What headers say beside tensors, in order; formats without a place for it leave it out. Empty by default.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>The largest size of a file in bytes, at least 1; a single tensor that is larger gets
    /// a file of its own. 5 GB by default.</summary>
    public long ShardSizeBytes { get; init; } = 5_000_000_000;

    /// <summary>The name of the one file that is to hold everything, however large;
    /// <see langword="null"/> where the format names its files.</summary>
    /// <remarks>Only formats with <see cref="CheckpointFormatAttribute.IsSingleFile"/> are asked for one.</remarks>
    public string? FileName { get; init; }
}
