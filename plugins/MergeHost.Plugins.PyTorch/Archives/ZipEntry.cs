using MergeHost.Checkpoints;
using MergeHost.Plugins.PyTorch.Pickles;

namespace MergeHost.Plugins.PyTorch.Archives;

/// <summary>A file in an archive.</summary>
/// <param name="Name">Its name with folders.</param>
/// <param name="HeaderStart">Where its local header begins.</param>
/// <param name="DataStart">Where its bytes begin.</param>
/// <param name="PackedBytes">How many there are.</param>
/// <param name="LengthBytes">How many they are unpacked.</param>
/// <param name="IsDeflated">Whether they are packed by deflate; if not, they are stored as they are.</param>
/// <param name="Crc32">Their checksum, unpacked; 0 if it was not computed.</param>
internal sealed record ZipEntry(
    string Name, long HeaderStart, long DataStart, long PackedBytes, long LengthBytes, bool IsDeflated, uint Crc32)
{
    public long DataEnd => DataStart + PackedBytes;

    /// <summary>Compares the checksum of what was read.</summary>
    /// <exception cref="CheckpointException">It differs.</exception>
    public void CheckCrc32(uint found, string label)
    {
        if (Crc32 != 0 && found != Crc32)
        {
            throw Damaged(label, "is damaged: its checksum differs");
        }
    }

    /// <summary>An exception that says what is wrong with the entry.</summary>
    public CheckpointException Damaged(string label, string reason) =>
        CheckpointException.BadHeader(label, $"entry {PickleText.Quote(Name)} {reason}", PickleFault.DownloadAgain);
}
