using MergeHost.Testing;

namespace MergeHost.Storage.Tests;

public sealed class UserFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Home_Always_IsAbsoluteAndThereOrNone() =>
        Assert.True(UserFolder.Home is not { } home || (Path.IsPathFullyQualified(home) && Directory.Exists(home)));

    [Fact]
    public void CacheOf_AnAbsoluteFolderThatExists_LiesInIt() =>
        Assert.Equal(Path.Combine(_folder.Path, "mergehost"), UserFolder.CacheOf(_folder.Path, null));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("cache")]
    [InlineData("./cache")]
    [InlineData("/nonexistent/cache")]
    public void CacheOf_AnythingElse_LiesInTheUsersFolderOrNowhere(string? named)
    {
        Assert.Equal(Path.Combine(_folder.Path, ".cache", "mergehost"), UserFolder.CacheOf(named, _folder.Path));
        Assert.Null(UserFolder.CacheOf(named, null));
    }

    public void Dispose() => _folder.Dispose();
}
