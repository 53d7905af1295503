using System.Text.Encodings.Web;
using System.Text.Json;
using MergeHost.Checkpoints;
using MergeHost.Storage;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>A checkpoint that is being written.</summary>
internal sealed class SafetensorsWriter : ICheckpointWriter
{
    private static readonly JsonWriterOptions _indexOptions =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _folder;
    private readonly IReadOnlyList<CompanionFile> _companions;
    private readonly IReadOnlyList<ShardLayout> _shards;
    private readonly bool _hasIndex;
    private readonly List<PartialFile> _files = [];
    private readonly Dictionary<string, PlacedTensor> _tensors = new(StringComparer.Ordinal);

    private SafetensorsWriter(string folder, CheckpointLayout layout, IReadOnlyList<CheckpointShard>? only)
    {
        IReadOnlyList<ShardLayout> all = ShardLayout.Distribute(layout);
        HashSet<string>? names = only?.Select(shard => shard.File).ToHashSet();
        _folder = folder;
        _companions = only is null ? layout.Companions : [];
        _shards = names is null ? all : [.. all.Where(shard => names.Contains(shard.Name))];
        _hasIndex = only is null && all.Count > 1;
        Files =
        [
            .. _companions.Select(companion => companion.Name),
            .. _shards.Select(shard => shard.Name),
            .. _hasIndex ? (string[])[SafetensorsNames.Index] : [],
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Creates the files, or opens those that a broken run left.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="layout">Everything that the checkpoint will hold.</param>
    /// <param name="only">The files with weights that are written, and nothing beside them;
    /// <see langword="null"/> for the whole checkpoint.</param>
    /// <exception cref="CheckpointException">A tensor's name or type cannot be stored.</exception>
    /// <exception cref="IOException">A file cannot be made.</exception>
    public static SafetensorsWriter Create(string folder, CheckpointLayout layout, IReadOnlyList<CheckpointShard>? only = null)
    {
        Check(folder, layout);
        SafetensorsWriter writer = new(folder, layout, only);
        try
        {
            writer.ClearFolder();
            writer.OpenFiles();
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Write(TensorInfo tensor, long firstElement, ReadOnlySpan<byte> data)
    {
        PlacedTensor placed = Find(tensor);
        placed.File.Write(placed.Start + ElementRun.OffsetBytes(placed.Info, firstElement, data.Length), data);
    }

    /// <inheritdoc/>
    public void Read(TensorInfo tensor, long firstElement, Span<byte> destination)
    {
        PlacedTensor placed = Find(tensor);
        placed.File.Read(placed.Start + ElementRun.OffsetBytes(placed.Info, firstElement, destination.Length), destination);
    }

    /// <inheritdoc/>
    public void Complete()
    {
        FolderCompanions.Write(_folder, _companions);
        // All bytes are on the disk before the first name changes.
        _files.ForEach(file => file.Flush());
        _files.ForEach(file => file.Complete());
        if (_hasIndex)
        {
            // An older checkpoint's single file would be read in place of the shards.
            File.Delete(Path.Combine(_folder, SafetensorsNames.Single));
            DurableFolder.Flush(_folder);
            DurableFile.Write(Path.Combine(_folder, SafetensorsNames.Index), MakeIndex());
        }

        DurableFolder.Flush(_folder);
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static void Check(string folder, CheckpointLayout layout)
    {
        foreach (TensorInfo tensor in layout.Tensors)
        {
            if (TensorName.Refusal(tensor.Name) is { } refusal)
            {
                throw CheckpointException.BadTensor(folder, tensor.Name, refusal);
            }

            if (DType.Find(tensor.DType.Name) != tensor.DType)
            {
                throw new CheckpointException(new Problem(
                    ErrorCodes.DTypeUnusable,
                    $"{folder}: tensor '{tensor.Name}': a safetensors file cannot hold elements of type {tensor.DType}",
                    "Convert the tensor to a floating-point type."));
            }
        }

        foreach (CompanionFile companion in layout.Companions)
        {
            if (!CompanionFile.IsName(companion.Name))
            {
                throw new ArgumentException($"'{companion.Name}' is not the name of a file", nameof(layout));
            }
        }
    }

    // While the checkpoint is not whole nothing may look so, and files of another layout only take room.
    private void ClearFolder()
    {
        File.Delete(Path.Combine(_folder, SafetensorsNames.Index));
        HashSet<string> kept = [.. _shards.Select(shard => shard.Name + PartialFile.Suffix)];
        foreach (string path in Directory.EnumerateFiles(_folder, "*" + SafetensorsNames.Extension + PartialFile.Suffix))
        {
            if (!kept.Contains(Path.GetFileName(path)))
            {
                File.Delete(path);
            }
        }
    }

    private void OpenFiles()
    {
        foreach (ShardLayout shard in _shards)
        {
            PartialFile file = PartialFile.Open(Path.Combine(_folder, shard.Name), shard.LengthBytes, shard.Head);
            _files.Add(file);
            foreach (HeaderTensor record in shard.Records)
            {
                _tensors.Add(record.Info.Name, new PlacedTensor(record.Info, file, shard.Head.Length + record.Begin));
            }
        }
    }

    private PlacedTensor Find(TensorInfo tensor) => _tensors.GetValueOrDefault(tensor.Name)
        ?? throw new ArgumentException($"the layout has no tensor '{tensor.Name}'", nameof(tensor));

    private byte[] MakeIndex()
    {
        using MemoryStream index = new();
        using (Utf8JsonWriter json = new(index, _indexOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", _tensors.Values.Sum(placed => placed.Info.LengthBytes));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string tensor, string shard) in _shards
                .SelectMany(shard => shard.Records.Select(record => (record.Info.Name, shard.Name)))
                .OrderBy(entry => entry.Item1, StringComparer.Ordinal))
            {
                json.WriteString(tensor, shard);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return index.ToArray();
    }

    /// <param name="Info">Name, type and shape.</param>
    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where it begins in the file.</param>
    private sealed record PlacedTensor(TensorInfo Info, PartialFile File, long Start);
}
