using System.Buffers.Binary;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>A file that is to be written: what lies where in it.</summary>
internal sealed class FileLayout
{
    // Three keys that tell a file's place among several.
    private const int SplitKeysBytes = 128;

    private const string Stem = "model";

    private FileLayout(
        string name, IReadOnlyCollection<MetadataEntry> metadata, IReadOnlyList<MadeTensor> made, IReadOnlyList<TensorInfo> tensors,
        int alignment)
    {
        Name = name;
        Head = HeaderEncoder.Encode(metadata, made, tensors, alignment);
        List<GgufTensor> placed = new(tensors.Count);
        LengthBytes = Head.Length;
        foreach (TensorInfo tensor in tensors)
        {
            placed.Add(new GgufTensor(tensor, LengthBytes));
            LengthBytes = checked(LengthBytes + GgufHeader.Align(tensor.LengthBytes, alignment));
        }

        Tensors = placed;
    }

    /// <summary>The file's name, without a folder.</summary>
    public string Name { get; }

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>All that comes before the data that is to be written.</summary>
    public byte[] Head { get; }

    /// <summary>The file's length.</summary>
    public long LengthBytes { get; }

    /// <summary>Distributes tensors among files, in order; metadata and what is made are in the first.</summary>
    /// <returns>At least one file.</returns>
    public static IReadOnlyList<FileLayout> Distribute(
        IReadOnlyList<MetadataEntry> metadata, IReadOnlyList<MadeTensor> made, IReadOnlyList<TensorInfo> tensors, CheckpointLayout layout)
    {
        int alignment = (int)(metadata.FirstOrDefault(entry => entry.Key == GgufHeader.AlignmentKey)?.Whole ?? GgufHeader.DefaultAlignment);
        long fileBytes = layout.FileName is null ? layout.ShardSizeBytes : long.MaxValue;
        List<List<TensorInfo>> files = [[]];
        long madeBytes = made.Sum(tensor => HeaderEncoder.LengthBytes(tensor.Info) + GgufHeader.Align(tensor.Content.Length, alignment));
        long usedBytes = HeaderEncoder.LengthBytes(metadata) + SplitKeysBytes + alignment + madeBytes;
        foreach (TensorInfo tensor in tensors)
        {
            long tensorBytes = checked(HeaderEncoder.LengthBytes(tensor) + GgufHeader.Align(tensor.LengthBytes, alignment));
            if (tensorBytes > fileBytes - usedBytes && files[^1].Count > 0)
            {
                files.Add([]);
                usedBytes = HeaderEncoder.LengthBytes(Carried(metadata)) + SplitKeysBytes + alignment;
            }

            files[^1].Add(tensor);
            usedBytes += tensorBytes;
        }

        return files.Count == 1
            ? [new FileLayout(layout.FileName ?? Stem + SplitName.Extension, metadata, made, tensors, alignment)]
            : [.. files.Select((part,
                index) => MakePart(metadata, index == 0 ? made : [], part, index, files.Count, made.Count + tensors.Count, alignment))];
    }

    private static FileLayout MakePart(
        IReadOnlyList<MetadataEntry> metadata, IReadOnlyList<MadeTensor> made, IReadOnlyList<TensorInfo> part, int index, int count,
        int tensorCount, int alignment)
    {
        MetadataEntry[] entries =
        [
            .. index == 0 ? metadata : Carried(metadata),
            OfUInt16(SplitCheck.NumberKey, index),
            MetadataEntry.Of(SplitCheck.TensorCountKey, MetadataType.Int32, BitConverter.GetBytes(tensorCount)),
            OfUInt16(SplitCheck.CountKey, count),
        ];
        return new FileLayout(new SplitName(Stem, index + 1, count).ToString(), entries, made, part, alignment);
    }

    // What every file must say for itself.
    private static IEnumerable<MetadataEntry> Carried(IEnumerable<MetadataEntry> metadata) =>
        metadata.Where(entry => entry.Key == GgufHeader.AlignmentKey);

    private static MetadataEntry OfUInt16(string key, int value)
    {
        byte[] stored = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(stored, checked((ushort)value));
        return MetadataEntry.Of(key, MetadataType.UInt16, stored);
    }
}
