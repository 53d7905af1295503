using System.Diagnostics;
using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class BoundedFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ReadText_OfUtf8_GivesTheTextWithoutItsMark() =>
        Assert.Equal("薬", BoundedFile.ReadText(_folder.Write("x", [0xEF, 0xBB, 0xBF, .. "薬"u8]), 100));

    [Fact]
    public void ReadText_OfOtherBytes_IsRefused() =>
        Assert.Contains("UTF-8", Assert.Throws<IOException>(() => BoundedFile.ReadText(_folder.Write("x", [0xFF, 0xFE]), 100)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void ReadBytes_OfMoreThanIsRead_IsRefused() =>
        Assert.Contains("at most 100 bytes",
            Assert.Throws<IOException>(() => BoundedFile.ReadBytes(_folder.Write("x", new byte[101]), 100)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("nowhere")]
    public void Open_OfNoFile_SaysSo(string path) => Assert.Throws<FileNotFoundException>(() => BoundedFile.Open(path));

    [Fact]
    public void Open_OfWhatIsNoFile_IsRefusedAtOnce()
    {
        Assert.Contains("a folder", Assert.Throws<IOException>(() => BoundedFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            string pipe = Path.Combine(_folder.Path, "pipe");
            Process.Start("mkfifo", [pipe]).WaitForExit();
            Assert.Contains("a named pipe", Assert.Throws<IOException>(() => BoundedFile.Open(pipe)).Message, StringComparison.Ordinal);
            Assert.Contains("a device", Assert.Throws<IOException>(() => BoundedFile.Open("/dev/zero")).Message, StringComparison.Ordinal);
            Assert.NotEmpty(BoundedFile.ReadBytes("/proc/self/stat", 10_000));
        }
    }

    public void Dispose() => _folder.Dispose();
}
