using MergeHost.Checkpoints;
using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class WeightFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(0, 300_000)]
    [InlineData(1, 1)]
    [InlineData(4_097, 100_000)]
    [InlineData(300_000, 0)]
    public void Read_OfAnyRun_GivesItsBytes(int offset, int lengthBytes)
    {
        byte[] content = Random(300_000);
        using WeightFile file = WeightFile.Open(_folder.Write("x", content));
        byte[] found = new byte[lengthBytes];
        file.Read(offset, found);
        Assert.Equal(content[offset..(offset + lengthBytes)], found);
    }

    [Fact]
    public void Read_FromSeveralThreads_GivesEachItsBytes()
    {
        byte[] content = Random(2_000_000);
        using WeightFile file = WeightFile.Open(_folder.Write("x", content));
        Parallel.For(0, 20, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            byte[] found = new byte[100_000];
            file.Read(i * 100_000, found);
            Assert.Equal(content[(i * 100_000)..((i + 1) * 100_000)], found);
        });
    }

    [Fact]
    public void Read_OfMoreFilesThanMayBeOpen_OpensThemAgain()
    {
        byte[][] contents = [.. Enumerable.Range(0, OpenFiles.Most + 50).Select(i => Random(100_000 + i))];
        WeightFile[] files = [.. contents.Select((content, i) => WeightFile.Open(_folder.Write($"f{i}", content)))];
        try
        {
            Parallel.For(0, 3 * files.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            {
                byte[] found = new byte[90_000];
                files[i % files.Length].Read(1000, found);
                Assert.Equal(contents[i % files.Length][1000..91_000], found);
            });
            if (OperatingSystem.IsLinux())
            {
                int open = Directory.EnumerateFileSystemEntries("/proc/self/fd")
                    .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith(_folder[""], StringComparison.Ordinal) == true);
                Assert.InRange(open, 1, 2 * OpenFiles.Most);
            }
        }
        finally
        {
            Array.ForEach(files, file => file.Dispose());
        }
    }

    [Fact]
    public void Read_OfAFileThatBecameAnotherWhileItWasClosed_IsRefused()
    {
        using WeightFile file = WeightFile.Open(_folder.Write("x", Random(1000)));
        file.Close();
        File.Delete(_folder["x"]);
        _folder.Write("x", Random(1000));
        Assert.Equal(ErrorCodes.ChangedWhileRead,
            Assert.Single(Assert.Throws<CheckpointException>(() => file.Read(0, new byte[10])).Problems).Code);
    }

    [Fact]
    public void Read_WhenTheSystemDoesNotHoldTheFile_GivesItsBytes()
    {
        byte[] content = Random(3_000_001);
        string path = _folder.Write("x", content);
        Eviction.Evict(path);
        using WeightFile file = WeightFile.Open(path);
        byte[] found = new byte[content.Length];
        file.Read(0, found);
        Assert.Equal(content, found);
    }

    [Fact]
    public void Read_PastTheEnd_TellsBothLengths()
    {
        using WeightFile file = WeightFile.Open(_folder.Write("x", new byte[1234]));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => file.Read(1200, new byte[35]));
        Assert.Equal(ErrorCodes.Truncated, exception.Code);
        Assert.Contains(_folder["x"], exception.Message, StringComparison.Ordinal);
        Assert.Contains("1,234", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public void Read_WhenTheFileWasCutShort_SaysThatItChanged(int lengthBytes)
    {
        using WeightFile file = WeightFile.Open(_folder.Write("x", new byte[200_000]));
        using (FileStream stream = new(_folder["x"], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(150_000);
        }

        CheckpointException exception = Assert.Throws<CheckpointException>(() => file.Read(200_000 - lengthBytes, new byte[lengthBytes]));
        Assert.Equal(ErrorCodes.ChangedWhileRead, exception.Code);
        Assert.Contains("200,000", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "no such file")]
    [InlineData("missing/x", "no such file")]
    [InlineData(".", "a folder")]
    public void Open_OfWhatIsNoFile_SaysWhatItIs(string name, string words)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => WeightFile.Open(_folder[name]));
        Assert.Equal(ErrorCodes.CheckpointUnreadable, exception.Code);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Random(int lengthBytes)
    {
        byte[] content = new byte[lengthBytes];
        new Random(1).NextBytes(content);
        return content;
    }
}
