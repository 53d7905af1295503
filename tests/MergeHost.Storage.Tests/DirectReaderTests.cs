using MergeHost.Storage.Native;
using MergeHost.Testing;
using Microsoft.Win32.SafeHandles;

namespace MergeHost.Storage.Tests;

public sealed class DirectReaderTests : IDisposable
{
    // Longer than one window, and no multiple of a page.
    private const int LengthBytes = (5 << 20) + 123;

    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _content = new byte[LengthBytes];
    private readonly SafeFileHandle _file;
    private readonly DirectReader? _reader;

    public DirectReaderTests()
    {
        new Random(1).NextBytes(_content);
        _file = File.OpenHandle(_folder.Write("x", _content));
        _reader = DirectReader.TryOpen(_file);
    }

    [Theory]
    [InlineData(0, LengthBytes)]
    [InlineData(4096, 8192)]
    [InlineData(1, 4095)]
    [InlineData(4095, 2)]
    [InlineData(77, 1 << 20)]
    [InlineData((2 << 20) - 4096, 1)]
    [InlineData(LengthBytes - 1, 1)]
    public void TryRead_OfAnyRun_GivesItsBytes(int offset, int lengthBytes)
    {
        // Not every file system knows direct reads.
        if (_reader is not null)
        {
            byte[] found = new byte[lengthBytes];
            Assert.True(_reader.TryRead(offset, found));
            Assert.Equal(_content[offset..(offset + lengthBytes)], found);
        }
    }

    [Fact]
    public void TryRead_PastTheEnd_Declines() => Assert.False(_reader?.TryRead(LengthBytes - 5, new byte[6]) ?? false);

    public void Dispose()
    {
        _reader?.Dispose();
        _file.Dispose();
        _folder.Dispose();
    }
}
