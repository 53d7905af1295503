using MergeHost.Checkpoints;
using MergeHost.Kernels.Folders;
using MergeHost.Kernels.IO;

namespace MergeHost.Plugins.Safetensors;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class SafetensorsReader : ICheckpointReader
{
    private readonly List<WeightFile> _files = [];
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private SafetensorsReader(CheckpointFiles files)
    {
        WeightFiles = files.Weights;
        Companions = FolderCompanions.Find(files.Folder);
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
    public static SafetensorsReader Open(CheckpointFiles files)
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
        foreach (WeightFile file in _files)
        {
            file.Dispose();
        }
    }

    private void ReadHeaders(CheckpointFiles files)
    {
        List<StoredTensor> found = [];
        List<Problem> warnings = [.. files.Warnings];
        foreach (string path in files.Weights)
        {
            WeightFile file = WeightFile.Open(path);
            _files.Add(file);
            SafetensorsHeader header = SafetensorsHeader.Read(file);
            warnings.AddRange(header.Warnings);
            found.AddRange(header.Records.Select(record => new StoredTensor(record.Info, file, header.DataStart + record.Begin)));
        }

        if (files.Index is { } index)
        {
            warnings.AddRange(index.Match([.. found.Select(tensor => (tensor.Info, tensor.File.Path))]));
            found.RemoveAll(tensor => !index.Contains(tensor.Info.Name, tensor.File.Path));
        }

        foreach (StoredTensor tensor in found)
        {
            _tensors.Add(tensor.Info.Name, tensor);
        }

        Tensors = [.. found.Select(tensor => tensor.Info)];
        Warnings = warnings;
    }

    /// <param name="Info">Name, type and shape.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where it begins in the file.</param>
    private sealed record StoredTensor(TensorInfo Info, WeightFile File, long Start);
}
