using System.Security.Cryptography;
using System.Text;
using MergeHost.Packages;
using MergeHost.Testing;

namespace MergeHost.Tests.Packages;

/// <summary>libtorch from feeds that are folders, with packages laid out as those of libtorch are.</summary>
public sealed class TorchInstallerTests : IDisposable
{
    private const string Version = "2.10.0";
    private const string Natives = "runtimes/linux-x64/native/";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Install_OfOnePackage_LeavesItsLibraries_AndDoesNothingAgain()
    {
        Pack("lib", [], (Natives + "libtorch_cpu.so", "torch"), ("LICENSE", "text"));
        string hash = ContentHash("lib");
        (string folder, bool wasThere) = await Install("cpu", new TorchPackage("lib", hash));
        Assert.False(wasThere);
        Assert.Equal(["libtorch_cpu.so"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.Equal((folder, true), await Install("cpu", new TorchPackage("lib", hash)));
    }

    [Fact]
    public async Task Install_OfAPackageOfOtherContent_IsRefused_AndLeavesNothing()
    {
        Pack("lib", [], (Natives + "libtorch_cpu.so", "evil"));
        MergeHostException exception = await Assert.ThrowsAsync<MergeHostException>(() => Install("cpu",
            new TorchPackage("lib", "b3RoZXI=")));
        Assert.Equal(ErrorCodes.PackageUnusable, exception.Code);
        Assert.Contains("expected b3RoZXI=", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["cache"]));
    }

    [Fact]
    public async Task Install_OfASplitPackage_PutsPartsTogetherInOrder()
    {
        string[] parts = ["lib-part1", "lib-part2-primary", "lib-part2-fragment1", "lib-part2-fragment2"];
        Pack("lib", parts);
        Pack("lib-part1", [], (Natives + "libtorch_cpu.so", "torch"));
        Pack(parts[1], [], (Natives + "libtorch_cuda.so", "one "), (Natives + "libtorch_cuda.so.sha", Sha("one two three")));
        Pack(parts[2], [], ("fragments/linux-x64/native/libtorch_cuda.so.fragment1", "two "));
        Pack(parts[3], [], ("fragments/linux-x64/native/libtorch_cuda.so.fragment2", "three"));
        (string folder, _) = await Install("cuda", new TorchPackage("lib", null));
        Assert.Equal(["libtorch_cpu.so", "libtorch_cuda.so"],
            Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("one two three", File.ReadAllText(Path.Combine(folder, "libtorch_cuda.so")));
    }

    [Fact]
    public async Task Install_OfPartsThatAreNotTheWhole_IsRefused()
    {
        Pack("lib", ["lib-a-primary"], (Natives + "libtorch_cpu.so", "torch"));
        Pack("lib-a-primary", [], (Natives + "libtorch_cuda.so", "one "), (Natives + "libtorch_cuda.so.sha", Sha("one two")));
        MergeHostException exception = await Assert.ThrowsAsync<MergeHostException>(() => Install("cuda", new TorchPackage("lib", null)));
        Assert.Contains("libtorch_cuda.so: put together from its parts", exception.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["cache"]));
    }

    [Fact]
    public async Task Install_OfWhatNoFeedHas_NamesPackageFeedAndTheOtherWay()
    {
        Directory.CreateDirectory(_folder["feed"]);
        MergeHostException exception = await Assert.ThrowsAsync<MergeHostException>(() => Install("cpu", new TorchPackage("lib", null)));
        Assert.Equal(ErrorCodes.FeedUnavailable, exception.Code);
        Problem problem = Assert.Single(exception.Problems);
        Assert.Contains("lib 2.10.0 is not in", problem.Message, StringComparison.Ordinal);
        Assert.Contains("MERGEHOST_LIBTORCH", problem.Hint!, StringComparison.Ordinal);
    }

    private static string Sha(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private void Pack(string id, string[] dependencies, params (string Name, string Content)[] files) =>
        PackageMaker.Write(_folder["feed"], id, Version, null, dependencies,
            [.. files.Select(file => (file.Name, Encoding.UTF8.GetBytes(file.Content)))]);

    private string ContentHash(string id)
    {
        using PackageArchive archive = PackageArchive.Open(Path.Combine(_folder["feed"], $"{id}.{Version}.nupkg"), 1 << 20);
        return archive.ContentHash(default);
    }

    private async Task<(string Folder, bool WasThere)> Install(string backend, TorchPackage package)
    {
        using PackageFeeds feeds = PackageFeeds.Open(_folder["feed"]);
        return await new TorchInstaller(feeds, _folder["cache"]).Install(backend, package, null, default);
    }
}
