using System.Text;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>Writes the header of a file, version 3.</summary>
internal static class HeaderEncoder
{
    private const uint Version = 3;

    // Before keys: magic, version and two counts. Of each tensor: lengths of name and shape, type, offset.
    private const int PrefixBytes = 24;
    private const int TensorBytes = 24;

    /// <summary>Bytes that metadata take, with all that comes before tensors.</summary>
    public static long LengthBytes(IEnumerable<MetadataEntry> metadata) =>
        PrefixBytes + metadata.Sum(entry => sizeof(ulong) + Encoding.UTF8.GetByteCount(entry.Key) + sizeof(uint) + entry.LengthBytes);

    /// <summary>Bytes that a tensor's record takes.</summary>
    public static long LengthBytes(TensorInfo tensor) =>
        TensorBytes + Encoding.UTF8.GetByteCount(tensor.Name) + (sizeof(ulong) * (long)tensor.Shape.Rank);

    /// <summary>Writes a header, padded to where the data begins.</summary>
    /// <param name="metadata">The keys, in order.</param>
    /// <param name="made">Tensors whose content follows the header.</param>
    /// <param name="tensors">The other tensors, in the order of their data.</param>
    /// <param name="alignment">What the length of all that is given becomes a multiple of.</param>
    public static byte[] Encode(
        IReadOnlyCollection<MetadataEntry> metadata, IReadOnlyCollection<MadeTensor> made, IReadOnlyCollection<TensorInfo> tensors,
        int alignment)
    {
        using MemoryStream header = new();
        using BinaryWriter writer = new(header);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)(made.Count + tensors.Count));
        writer.Write((ulong)metadata.Count);
        foreach (MetadataEntry entry in metadata)
        {
            WriteString(writer, entry.Key);
            writer.Write((uint)entry.Type);
            writer.Write(entry.Read());
        }

        long offset = 0;
        foreach (TensorInfo tensor in made.Select(tensor => tensor.Info).Concat(tensors))
        {
            WriteTensor(writer, tensor, offset);
            offset = checked(offset + GgufHeader.Align(tensor.LengthBytes, alignment));
        }

        writer.Flush();
        if (made.Count + tensors.Count > 0)
        {
            header.SetLength(GgufHeader.Align(header.Length, alignment));
        }

        foreach (MadeTensor tensor in made)
        {
            header.Seek(0, SeekOrigin.End);
            header.Write(tensor.Content);
            header.SetLength(GgufHeader.Align(header.Length, alignment));
        }

        return header.ToArray();
    }

    private static void WriteTensor(BinaryWriter writer, TensorInfo info, long offset)
    {
        WriteString(writer, info.Name);
        writer.Write((uint)info.Shape.Rank);

        // The innermost comes first in the file.
        foreach (long extent in info.Shape.Reverse())
        {
            writer.Write((ulong)extent);
        }

        writer.Write(GgufType.IdOf(info.DType)!.Value);
        writer.Write((ulong)offset);
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
