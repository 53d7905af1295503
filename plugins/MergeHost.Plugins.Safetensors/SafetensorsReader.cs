using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;

namespace MergeHost.Plugins.Safetensors;

/// <summary>An open checkpoint of one file or several.</summary>
internal sealed class SafetensorsReader : FileCheckpoint<SafetensorsReader.StoredTensor>
{
    private SafetensorsReader(SafetensorsFiles files)
    {
        WeightFiles = [.. files.Weights.Select(files.Files.PathOf)];
        Companions = FolderCompanions.Find(files.Files);
    }

    /// <summary>Opens files and reads their headers.</summary>
    /// <exception cref="CheckpointException">A header breaks the rules, or does not fit the index.</exception>
    public static SafetensorsReader Open(SafetensorsFiles files) =>
        Opened(() => new SafetensorsReader(files), reader => reader.ReadHeaders(files));

    /// <inheritdoc/>
    protected override void Read(StoredTensor stored, long firstElement, long offsetBytes, Span<byte> destination) =>
        stored.File.Read(stored.Start + offsetBytes, destination);

    private void ReadHeaders(SafetensorsFiles files)
    {
        List<(TensorInfo Info, StoredTensor Stored, string Shard)> found = [];
        List<KeyValuePair<string, string>> metadata = [];
        List<Problem> warnings = [.. files.Warnings];
        ILookup<string, string>? named = null;
        files.Files.FetchHeads(files.Index is null ? [] : files.Weights,
            shard => SafetensorsHeader.Guess((named ??= files.Index!.TensorsByShard())[shard]));
        foreach (string shard in files.Weights)
        {
            CheckpointFile file = Keep(() => files.Files.Open(shard));
            SafetensorsHeader header = SafetensorsHeader.Read(file);
            warnings.AddRange(header.Warnings);
            metadata.AddRange(header.Metadata);
            found.AddRange(header.Records.Select(record => (record.Info, new StoredTensor(file, header.DataStart + record.Begin), shard)));
        }

        Warnings = [.. warnings, .. Add(found, files.Index)];
        Metadata = [.. metadata.DistinctBy(entry => entry.Key)];
        TensorRanges = [.. found.Where(tensor => Holds(tensor.Info.Name))
            .Select(tensor => new TensorRange(tensor.Stored.File.Path, tensor.Stored.Start, tensor.Info.LengthBytes))];
    }

    /// <param name="File">Where it is stored.</param>
    /// <param name="Start">Where it begins in the file.</param>
    internal sealed record StoredTensor(CheckpointFile File, long Start);
}
