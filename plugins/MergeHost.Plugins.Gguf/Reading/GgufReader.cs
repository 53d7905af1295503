using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class GgufReader : ICheckpointReader
{
    private readonly List<WeightFile> _files = [];
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);

    private GgufReader(IReadOnlyList<string> paths)
    {
        WeightFiles = paths;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<CompanionFile> Companions { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> WeightFiles { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Problem> Warnings { get; private set; } = [];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; private set; } = [];

    /// <summary>Opens files and reads their headers.</summary>
    /// <exception cref="CheckpointException">A header breaks the rules, or the files are not of one checkpoint.</exception>
    public static GgufReader Open(IReadOnlyList<string> paths)
    {
        GgufReader reader = new(paths);
        try
        {
            reader.ReadHeaders();
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

    private void ReadHeaders()
    {
        List<GgufHeader> headers = [];
        foreach (string path in WeightFiles)
        {
            WeightFile file = WeightFile.Open(path);
            _files.Add(file);
            headers.Add(GgufHeader.Read(HeaderSource.Of(file)));
        }

        SplitCheck.Check(headers);
        Metadata metadata = headers[0].Metadata;
        Problem? oddity = ModelKind.Check(metadata, headers.Sum(header => header.Tensors.Count));
        foreach ((WeightFile file, GgufHeader header) in _files.Zip(headers))
        {
            foreach (GgufTensor tensor in header.Tensors)
            {
                _tensors.Add(tensor.Info.Name, new StoredTensor(tensor.Info, file, tensor.Start));
            }
        }

        Tensors = [.. headers.SelectMany(header => header.Tensors).Select(tensor => tensor.Info)];
        Warnings = [.. headers.SelectMany(header => header.Warnings), .. oddity is null ? (Problem[])[] : [oddity]];
        Companions = [.. MetadataCompanion.Make(metadata)];
        Metadata = [.. metadata.Entries.Select(entry => KeyValuePair.Create(entry.Key, entry.ToString()))];
    }

    /// <param name="Info">Name, type and shape.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where it begins in the file.</param>
    private sealed record StoredTensor(TensorInfo Info, WeightFile File, long Start);
}
