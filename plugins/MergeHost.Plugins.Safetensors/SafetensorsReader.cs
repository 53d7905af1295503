using MergeHost.Checkpoints;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class SafetensorsReader : ICheckpointReader
{
    private readonly List<CheckpointFile> _files = [];
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private SafetensorsReader(SafetensorsFiles files)
    {
        WeightFiles = [.. files.Weights.Select(files.Files.PathOf)];
        Companions = FolderCompanions.Find(files.Files);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorRange> TensorRanges =>
        [.. _tensors.Values.Select(tensor => new TensorRange(tensor.File.Path, tensor.Start, tensor.Info.LengthBytes))];

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings { get; private set; } = [];

    /// <summary>Opens files and reads their headers.</summary>
    /// <exception cref="CheckpointException">A header breaks the rules, or does not fit the index.</exception>
    public static SafetensorsReader Open(SafetensorsFiles files)
    {
        SafetensorsReader reader = new(files);
        try
        {
            reader.ReadHeaders(files);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        StoredTensor stored = _tensors.GetValueOrDefault(tensor.Name)
            ?? throw new ArgumentException($"the checkpoint has no tensor '{tensor.Name}'", nameof(tensor));
        stored.File.Read(stored.Start + ElementRun.OffsetBytes(stored.Info, firstElement, destination.Length), destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CheckpointFile file in _files)
        {
            file.Dispose();
        }
    }

    private void ReadHeaders(SafetensorsFiles files)
    {
        List<(StoredTensor Tensor, string Shard)> found = [];
        List<Problem> warnings = [.. files.Warnings];
        foreach (string shard in files.Weights)
        {
            CheckpointFile file = files.Files.Open(shard);
            _files.Add(file);
            SafetensorsHeader header = SafetensorsHeader.Read(file);
            warnings.AddRange(header.Warnings);
            found.AddRange(header.Records.Select(record => (new StoredTensor(record.Info, file, header.DataStart + record.Begin), shard)));
        }

        if (files.Index is { } index)
        {
            warnings.AddRange(index.Match([.. found.Select(pair => (pair.Tensor.Info, pair.Shard))]));
            found.RemoveAll(pair => !index.Contains(pair.Tensor.Info.Name, pair.Shard));
        }

        foreach ((StoredTensor tensor, _) in found)
        {
            _tensors.Add(tensor.Info.Name, tensor);
        }

        Tensors = [.. found.Select(pair => pair.Tensor.Info)];
        Warnings = warnings;
    }

    /// <param name="Info">Name, type and shape.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where it begins in the file.</param>
    private sealed record StoredTensor(TensorInfo Info, CheckpointFile File, long Start);
}
