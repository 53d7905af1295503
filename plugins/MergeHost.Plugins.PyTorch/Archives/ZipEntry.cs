namespace MergeHost.Plugins.PyTorch.Archives;

/// <summary>A file in an archive.</summary>
/// <param name="Name">Its name with folders.</param>
/// <param name="HeaderStart">Where its local header begins.</param>
/// <param name="DataStart">Where its bytes begin.</param>
/// <param name="PackedBytes">How many there are.</param>
/// <param name="LengthBytes">How many they are unpacked.</param>
/// <param name="IsDeflated">Whether they are packed by deflate; if not, they are stored as they are.</param>
/// <param name="Crc32">Their checksum, unpacked; 0 if it was not computed.</param>
internal sealed record ZipEntry(string Name, long HeaderStart, long DataStart, long PackedBytes, long LengthBytes, bool IsDeflated, uint Crc32)
{
    public long DataEnd => DataStart + PackedBytes;
}
