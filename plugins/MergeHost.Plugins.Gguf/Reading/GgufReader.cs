using MergeHost.Checkpoints;
using MergeHost.Kernels.IO;
using MergeHost.Plugins.Gguf.Names;

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
        long offset = ElementRun.OffsetBytes(stored.Info, firstElement, destination.Length);
        if (stored.Rows is null)
        {
            stored.File.Read(stored.Start + offset, destination);
        }
        else
        {
            stored.Rows.Read(offset, destination, (at, part) => stored.File.Read(stored.Start + at, part));
        }
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
        NameMap names = NameMap.Of(metadata);
        List<MadeTensor> made = [];
        List<TensorInfo> unknown = [];
        foreach ((GgufTensor tensor, WeightFile file) in _files.Zip(headers).SelectMany(part => part.Second.Tensors.Select(tensor => (tensor, part.First))))
        {
            if (names.IsMade(tensor.Info.Name) && MadeTensor.CanBe(tensor.Info))
            {
                made.Add(MadeTensor.Read(tensor, HeaderSource.Of(file)));
                continue;
            }

            (TensorInfo info, RowOrder? rows, bool isKnown) = names.ToHub(tensor.Info);
            unknown.AddRange(isKnown ? [] : [info]);
            if (!_tensors.TryAdd(info.Name, new StoredTensor(info, file, tensor.Start, rows)))
            {
                throw CheckpointException.BadTensor(file.Path, tensor.Info.Name, $"two tensors are '{info.Name}' to Hugging Face");
            }
        }

        Tensors = [.. _tensors.Values.Select(tensor => tensor.Info)];
        Companions = CompanionMap.Make(metadata, made, Tensors);
        Warnings = [.. headers.SelectMany(header => header.Warnings), .. oddity is null ? (Problem[])[] : [oddity], .. Oddities(metadata, unknown)];
        Metadata = [.. metadata.Entries.Select(entry => KeyValuePair.Create(entry.Key, entry.ToString()))];
    }

    private static IEnumerable<Problem> Oddities(Metadata metadata, List<TensorInfo> unknown)
    {
        if (unknown.Count > 0)
        {
            yield return Oddity.Of(
                metadata.Path, $"{unknown.Count} tensors keep the names that they have in GGUF, since no others are known, first '{unknown[0].Name}'");
        }
    }

    /// <param name="Info">Name, type and shape, as Hugging Face has them.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where it begins in the file.</param>
    /// <param name="Rows">The order of its rows there, if it is another.</param>
    private sealed record StoredTensor(TensorInfo Info, WeightFile File, long Start, RowOrder? Rows);
}
