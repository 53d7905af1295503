using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class PartialFileTests : IDisposable
{
    private static readonly byte[] _head = [1, 2, 3];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_OfANewFile_HasItsFullLengthAndItsHead()
    {
        using PartialFile file = PartialFile.Open(_folder["x"], 1000, _head);
        Assert.Equal(["x.partial"], _folder.FileNames());
        Assert.Equal(1000, new FileInfo(_folder["x.partial"]).Length);
        Assert.Equal(_head, Read(file, 0, 3));
    }

    [Fact]
    public void Complete_AfterWrites_GivesTheFileItsName()
    {
        _folder.Write("x", [9]);
        using (PartialFile file = PartialFile.Open(_folder["x"], 5, _head))
        {
            file.Write(3, [4, 5]);
            file.Complete();
        }

        Assert.Equal(["x"], _folder.FileNames());
        Assert.Equal<byte>([1, 2, 3, 4, 5], File.ReadAllBytes(_folder["x"]));
    }

    [Fact]
    public void Dispose_WithoutComplete_KeepsThePartialFileForTheNextRun()
    {
        using (PartialFile first = PartialFile.Open(_folder["x"], 10, _head))
        {
            first.Write(5, [7]);
        }

        using PartialFile second = PartialFile.Open(_folder["x"], 10, _head);
        Assert.Equal(["x.partial"], _folder.FileNames());
        Assert.Equal<byte>([7], Read(second, 5, 1));
    }

    [Fact]
    public void Open_WhenARunBrokeAfterItsLastRename_FindsItsBytes()
    {
        _folder.Write("x", [1, 2, 3, 4, 5]);
        using PartialFile file = PartialFile.Open(_folder["x"], 5, _head);
        Assert.Equal(["x.partial"], _folder.FileNames());
        Assert.Equal<byte>([4, 5], Read(file, 3, 2));
    }

    // Whole pages go to the disk directly, what is left of a run through the cache; neighbours share pages.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(4096, 64)]
    [InlineData(517, 8)]
    public void Write_OfLongRunsFromSeveralThreads_PutsEachByteInItsPlace(int offset, int misalignment)
    {
        const int runBytes = 200_003;
        const int runs = 16;
        byte[] expected = new byte[offset + (runs * runBytes)];
        new Random(1).NextBytes(expected);
        using (PartialFile file = PartialFile.Open(_folder["x"], expected.Length, expected.AsSpan(0, offset)))
        {
            Parallel.For(0, runs, run =>
            {
                byte[] buffer = GC.AllocateUninitializedArray<byte>(runBytes + misalignment, pinned: true);
                expected.AsSpan(offset + (run * runBytes), runBytes).CopyTo(buffer.AsSpan(misalignment));
                file.Write(offset + (run * runBytes), buffer.AsSpan(misalignment));
            });
            Assert.Equal(expected, Read(file, 0, expected.Length));
            file.Complete();
        }

        Assert.Equal(expected, File.ReadAllBytes(_folder["x"]));
    }

    [Theory]
    [InlineData(11, 1)]
    [InlineData(10, 2)]
    public void Open_WhenLengthOrHeadDiffer_BeginsAnew(long lengthBytes, byte firstByte)
    {
        using (PartialFile first = PartialFile.Open(_folder["x"], 10, _head))
        {
            first.Write(5, [7]);
        }

        using PartialFile second = PartialFile.Open(_folder["x"], lengthBytes, [firstByte, 2, 3]);
        Assert.Equal(lengthBytes, new FileInfo(_folder["x.partial"]).Length);
        Assert.Equal<byte>([firstByte, 2, 3, 0, 0, 0], Read(second, 0, 6));
    }

    [Fact]
    public void Open_WhenAnotherWriterIsAtWork_IsRefused()
    {
        using PartialFile first = PartialFile.Open(_folder["x"], 10, _head);
        Assert.Throws<IOException>(() => PartialFile.Open(_folder["x"], 10, _head));
    }

    [Fact]
    public void Open_WhenThereIsNoRoom_SaysSoAndLeavesNothing()
    {
        // More than any file system holds, so that no disk is filled to find out.
        Assert.Throws<IOException>(() => PartialFile.Open(_folder["x"], 1L << 61, _head));
        Assert.Empty(_folder.FileNames());
    }

    [Fact]
    public void Write_OfMoreThanIsBroughtToTheDiskAtOnce_LosesNothing()
    {
        const int pieceBytes = 9 << 20;
        using PartialFile file = PartialFile.Open(_folder["x"], 8L * pieceBytes, _head);
        byte[] piece = new byte[pieceBytes];
        for (int i = 0; i < 8; i++)
        {
            Array.Fill(piece, (byte)(i + 1));
            file.Write((long)i * pieceBytes, piece);
        }

        file.Complete();
        using FileStream stream = File.OpenRead(_folder["x"]);
        for (int i = 0; i < 8; i++)
        {
            stream.ReadExactly(piece);
            Assert.False(piece.AsSpan().ContainsAnyExcept((byte)(i + 1)));
        }
    }

    [Fact]
    public void Read_WhenTheFileWasCutShort_IsAnIOException()
    {
        using PartialFile file = PartialFile.Open(_folder["x"], 10, _head);
        Assert.Throws<EndOfStreamException>(() => file.Read(5, new byte[6]));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Read(PartialFile file, long offset, int lengthBytes)
    {
        byte[] found = new byte[lengthBytes];
        file.Read(offset, found);
        return found;
    }
}
