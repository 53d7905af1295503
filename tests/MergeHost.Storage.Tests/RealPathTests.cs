using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class RealPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _root;

    public RealPathTests()
    {
        // The temporary folder itself may lie behind a link.
        _root = RealPath.Of(_folder.Path);
        Directory.CreateDirectory(_folder["a/b"]);
        Directory.CreateSymbolicLink(_folder["link"], "a/b");
        Directory.CreateSymbolicLink(_folder["link2"], _folder["link"]);
        File.CreateSymbolicLink(_folder["a/b/up"], "../file");
        Directory.CreateSymbolicLink(_folder["circle"], "circle");
    }

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("link", "a/b")]
    [InlineData("link2/x", "a/b/x")]
    [InlineData("link2/up", "a/file")]
    [InlineData("link/../x", "a/x")]
    [InlineData("missing/../x/./y", "x/y")]
    public void Of_APathWithLinks_IsWhereTheyLead(string path, string real) =>
        Assert.Equal(Path.Combine(_root, real), RealPath.Of(_folder[path]));

    [Fact]
    public void Of_LinksInACircle_Fails() => Assert.Throws<IOException>(() => RealPath.Of(_folder["circle"]));

    public void Dispose() => _folder.Dispose();
}
