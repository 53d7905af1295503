namespace MergeHost.Reports;

/// <summary>What a checkpoint's headers tell.</summary>
public sealed record CheckpointSummary
{
    /// <summary>The file or folder, as it was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>The first of the architectures that config.json names, or <see langword="null"/>.</summary>
    public string? Architecture { get; init; }

    /// <summary>The number of layers of the largest stack.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public required bool TiesEmbeddings { get; init; }

    /// <summary>The tensors as stored.</summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>The role of each tensor.</summary>
    public required IReadOnlyList<TensorRole> Roles { get; init; }

    /// <summary>What the headers say beside tensors.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; }

    /// <summary>Configuration and tokenizer files.</summary>
    public required IReadOnlyList<string> Companions { get; init; }

    /// <summary>The files that hold the weights.</summary>
    public required IReadOnlyList<string> WeightFiles { get; init; }

    /// <summary>The transforms that were applied, in order, each with its plugin; empty if it is read as it is stored.</summary>
    public IReadOnlyList<string> Transforms { get; init; } = [];

    /// <summary>What is odd about it.</summary>
    public required IReadOnlyList<Problem> Warnings { get; init; }

    /// <summary>How many elements all tensors have.</summary>
    public long ElementCount => Tensors.Sum(tensor => tensor.ElementCount);

    /// <summary>Bytes of all tensors.</summary>
    public long LengthBytes => Tensors.Sum(tensor => tensor.LengthBytes);
}
