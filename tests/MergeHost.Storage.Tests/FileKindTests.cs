using System.Diagnostics;
using System.Net.Sockets;
using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class FileKindTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Unusual_OfAFileOrOfNothing_IsNull()
    {
        Assert.Null(FileKind.Unusual(_folder.Write("x", [])));
        Assert.Null(FileKind.Unusual(_folder["missing"]));
    }

    [Fact]
    public void Unusual_OfAFolder_SaysSo() => Assert.Equal("a folder", FileKind.Unusual(_folder.Path));

    [Fact]
    public void Unusual_OfWhatLinuxCallsFiles_SaysWhatTheyAre()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using Process process = Process.Start("mkfifo", _folder["pipe"]);
        process.WaitForExit();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["socket"]));
        File.CreateSymbolicLink(_folder["link"], _folder["pipe"]);
        Assert.Equal("a named pipe", FileKind.Unusual(_folder["pipe"]));
        Assert.Equal("a named pipe", FileKind.Unusual(_folder["link"]));
        Assert.Equal("a socket", FileKind.Unusual(_folder["socket"]));
        Assert.Equal("a device", FileKind.Unusual("/dev/null"));
    }

    public void Dispose() => _folder.Dispose();
}
