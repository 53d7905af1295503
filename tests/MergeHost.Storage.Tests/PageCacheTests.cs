using MergeHost.Storage.Native;
using MergeHost.Testing;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Tests;

public sealed class PageCacheTests : IDisposable
{
    private const int LengthBytes = 4 << 20;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Holds_OfAFileThatWasJustWritten_IsTrue()
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("x", new byte[LengthBytes]));
        Assert.True(PageCache.Holds(file, LengthBytes));
    }

    [Fact]
    public void Holds_OfAFileThatWasEvicted_IsFalse()
    {
        // Where files live in memory, and on other systems, there is nothing to evict or no way to ask.
        if (!OperatingSystem.IsLinux() || new DriveInfo(_folder.Path).DriveFormat == "tmpfs")
        {
            return;
        }

        string path = _folder.Write("x", new byte[LengthBytes]);
        Eviction.Evict(path);
        using SafeFileHandle file = File.OpenHandle(path);
        Assert.False(PageCache.Holds(file, LengthBytes));
    }

    [Fact]
    public void Holds_OfAnEmptyFile_IsTrue()
    {
        using SafeFileHandle file = File.OpenHandle(_folder.Write("x", []));
        Assert.True(PageCache.Holds(file, 0));
    }

    public void Dispose() => _folder.Dispose();
}
