using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_OverAnEarlierFile_ReplacesItAndLeavesNothingElse()
    {
        _folder.Write("x", [9, 9, 9]);
        _folder.Write("x.partial", [8, 8, 8, 8]);
        DurableFile.Write(_folder["x"], [1, 2]);
        Assert.Equal(["x"], _folder.FileNames());
        Assert.Equal<byte>([1, 2], File.ReadAllBytes(_folder["x"]));
    }

    [Fact]
    public void Write_WhenTheContentFails_LeavesTheEarlierFile()
    {
        _folder.Write("x", [9]);
        Assert.Throws<ObjectDisposedException>(() => DurableFile.Write(_folder["x"], Closed()));
        Assert.Equal<byte>([9], File.ReadAllBytes(_folder["x"]));
    }

    [Fact]
    public void Flush_OfAFolderThatIsNotThere_NamesIt()
    {
        if (!OperatingSystem.IsWindows())
        {
            IOException exception = Assert.Throws<IOException>(() => DurableFolder.Flush(_folder["missing"]));
            Assert.Contains(_folder["missing"], exception.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static MemoryStream Closed()
    {
        MemoryStream stream = new();
        stream.Dispose();
        return stream;
    }
}
