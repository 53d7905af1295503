using System.IO.Compression;
using System.Text;
using MergeHost.Packages;
using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;
using MergeHost.Testing;
using MergeHost.Tests.Plugins;

namespace MergeHost.Tests.Packages;

/// <summary>Packages of the fixture plugins, honest and hostile.</summary>
public sealed class PluginInstallerTests : IDisposable
{
    private const string Good = "good/1.2.0";

    private readonly TemporaryFolder _folder = new();

    private string Root => _folder["home"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Install_OfAnHonestPackage_MakesAPluginThatIsFoundAndLocked()
    {
        (PluginInfo plugin, bool wasThere) = Install(Pack());
        Assert.False(wasThere);
        PluginCatalog catalog = PluginCatalog.Scan([Root]);
        Assert.Empty(catalog.Problems);
        Assert.Equal(plugin.Folder, Assert.Single(catalog.Plugins).Folder);
        Assert.Equal(["good"], Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName));

        LockedPlugin locked = LockedPlugin.Of(plugin);
        Assert.Equal(PackageRecord.Read(plugin.Folder)!.Sha512, locked.Package);
        Assert.DoesNotContain(locked.Files, file => file.Path == PackageRecord.FileName);
        Assert.True(Install(Pack()).WasThere);
    }

    [Fact]
    public void Install_OfAnotherPackageOfTheSameVersion_IsRefused()
    {
        Install(Pack());
        Assert.Equal("MH3004", Refusal(Pack(more: [("plugin/more.txt", "x")])).Code.Id);
    }

    [Fact]
    public void Install_WithAHash_TakesNoOtherPackage()
    {
        string package = Pack();
        Assert.Equal("MH3020", Assert.Throws<MergeHostException>(() => Installer().Install(package, package, "AAAA", default)).Code.Id);
        Assert.False(Directory.Exists(Root));
    }

    [Theory]
    [InlineData("plugin/../../evil.dll")]
    [InlineData("../evil.dll")]
    [InlineData("/evil.dll")]
    [InlineData("C:/evil.dll")]
    [InlineData("plugin\\..\\..\\evil.dll")]
    [InlineData("plugin/aux.dll")]
    [InlineData("plugin/FIXTURE.good.dll")]
    [InlineData("plugin/Fixture.Good.dll/x")]
    [InlineData("Plugin/x.dll")]
    public void Install_OfAPackageWithANameThatIsNoPath_IsRefusedBeforeAByteLands(string name)
    {
        MergeHostException exception = Refusal(Pack(more: [(name, "evil")]));
        Assert.Equal("MH3020", exception.Code.Id);
        Assert.False(Directory.Exists(Root));
        Assert.Empty(Directory.EnumerateFiles(_folder.Path, "evil*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Install_OfAPackageWithALink_IsRefusedBeforeAByteLands()
    {
        MergeHostException exception = Refusal(Pack(more: [("plugin/link.dll", "/etc/passwd")],
            change: entry => entry.ExternalAttributes = entry.FullName.EndsWith("link.dll", StringComparison.Ordinal)
                ? unchecked((int)0xA1FF0000)
                : 0));
        Assert.Contains("'plugin/link.dll' is a link or a device", exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void Install_OfAPackageThatUnfoldsTooFar_IsRefusedBeforeAByteLands()
    {
        string path = Pack();
        byte[] nothing = new byte[1 << 20];
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Update))
        {
            using Stream stream = zip.CreateEntry("plugin/bomb", CompressionLevel.Fastest).Open();
            stream.Write(nothing);
        }

        // The sizes that a package states are what is looked at first: here 4 GiB less one byte.
        byte[] bytes = File.ReadAllBytes(path);
        int directory = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        bytes.AsSpan(directory + 24, 4).Fill(0xFE);
        File.WriteAllBytes(path, bytes);
        MergeHostException exception = Refusal(path);
        Assert.Contains("MH3020", exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void Install_OfAFileThatIsLongerThanStated_IsRefusedAndLeavesNothing()
    {
        string path = Pack(more: [("plugin/bomb", new string('x', 100_000))]);
        byte[] bytes = File.ReadAllBytes(path);
        int directory = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        bytes.AsSpan(directory + 24, 4).Clear();
        bytes[directory + 24] = 9;
        File.WriteAllBytes(path, bytes);
        Assert.Equal("MH3020", Refusal(path).Code.Id);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public void Install_OfAPackageWithTooManyFiles_IsRefused() =>
        Assert.Contains("at most 10000", Refusal(Pack(more: [.. Enumerable.Range(0, 10_001).Select(i => ($"plugin/{i}", ""))])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("bad", "1.2.0", "says it is 'bad' 1.2.0, its assembly says 'good' 1.2.0")]
    [InlineData("good", "1.3.0", "says it is 'good' 1.3.0, its assembly says 'good' 1.2.0")]
    public void Install_OfAPackageThatIsNotItsAssembly_IsRefusedAndLeavesNothing(string id, string version, string message)
    {
        Assert.Contains(message, Refusal(Pack(id, version)).Message, StringComparison.Ordinal);
        Assert.Empty(Leftovers());
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("Bad Id")]
    public void Install_OfAPackageWithAnIdThatIsNone_IsRefused(string id)
    {
        string file = Pack("good");
        using (ZipArchive zip = ZipFile.Open(file, ZipArchiveMode.Update))
        {
            zip.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Delete();
            using StreamWriter writer = new(zip.CreateEntry("x.nuspec").Open());
            writer.Write(PackageMaker.Nuspec(id, "1.2.0", PluginInstaller.PackageType));
        }

        Assert.Equal("MH3020", Refusal(file).Code.Id);
    }

    [Fact]
    public void Install_OfAnotherKindOfPackage_NamesTheType() =>
        Assert.Contains("'MergeHostPlugin'", Refusal(Pack(type: "DotnetTool")).Message, StringComparison.Ordinal);

    [Fact]
    public void Install_ForOtherContracts_IsRefusedAndLeavesNothing()
    {
        string copy = _folder["copy"];
        Directory.CreateDirectory(copy);
        Array.ForEach(Directory.GetFiles(Path.Combine(PluginFolder.Fixtures, Good)),
            file => File.Copy(file, Path.Combine(copy, Path.GetFileName(file))));
        PluginFolder.Rereference(Path.Combine(copy, "Fixture.Good.dll"), SharedAssemblies.Contracts, new Version(0, 9));
        Assert.Equal("MH3003", Refusal(Pack(folder: copy)).Code.Id);
        Assert.Empty(Leftovers());
    }

    [Theory]
    [InlineData("not a zip file")]
    [InlineData("")]
    public void Install_OfWhatIsNoPackage_SaysSo(string content)
    {
        string path = _folder["x.nupkg"];
        File.WriteAllText(path, content);
        Assert.Equal("MH3020", Refusal(path).Code.Id);
    }

    [Fact]
    public void Install_OfAPackageCutAnywhere_IsRefusedAndLeavesNothing()
    {
        byte[] whole = File.ReadAllBytes(Pack());
        string path = _folder["cut.nupkg"];
        for (int length = whole.Length - 1; length > 0; length -= whole.Length / 23)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Equal("MH3020", Refusal(path).Code.Id);
        }

        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Install_FromAFeed_TakesTheNewestThatFits_AndTellsWhatIsOutdated()
    {
        Pack("versions", "1.0.0", fixture: "versions/1.0.0");
        string feed = Path.GetDirectoryName(Pack("versions", "2.0.0", fixture: "versions/2.0.0"))!;
        using PackageFeeds feeds = PackageFeeds.Open(feed);
        Assert.True(PluginRequirement.TryParse("versions@^1.0", out PluginRequirement? first, out _));
        Assert.Equal("1.0.0", (await Installer().Install(feeds, first, null, default)).Plugin.Version.ToString());
        Assert.Equal("2.0.0", Assert.Single(await Installer().Outdated(feeds, null, default)).Newest.ToString());
        Assert.Equal("2.0.0", Assert.Single(await Installer().Outdated(feeds, first, default)).Newest.ToString());
        Assert.True(PluginRequirement.TryParse("version", out PluginRequirement? misspelled, out _));
        Assert.Equal("MH3006",
            (await Assert.ThrowsAsync<MergeHostException>(() => Installer().Outdated(feeds, misspelled, default))).Code.Id);

        Assert.True(PluginRequirement.TryParse("versions", out PluginRequirement? newest, out _));
        Assert.Equal("2.0.0", (await Installer().Install(feeds, newest, null, default)).Plugin.Version.ToString());
        Assert.Empty(await Installer().Outdated(feeds, null, default));

        Installer().Remove(first);
        Assert.Equal("2.0.0", Assert.Single(Installer().Installed).Version.ToString());
        Assert.Equal(["versions"], Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName));
        Assert.Equal("MH3006", Assert.Throws<MergeHostException>(() => Installer().Remove(first)).Code.Id);
    }

    [Fact]
    public async Task Install_OfWhatNoFeedHas_SaysWhatThereIs()
    {
        string feed = Path.GetDirectoryName(Pack())!;
        using PackageFeeds feeds = PackageFeeds.Open(feed);
        Assert.True(PluginRequirement.TryParse("good@^2.0", out PluginRequirement? requirement, out _));
        MergeHostException exception = await Assert.ThrowsAsync<MergeHostException>(() => Installer()
            .Install(feeds, requirement, null, default));
        Assert.Equal(("MH3021", "There is 1.2.0."), (exception.Code.Id, exception.Problems[0].Hint));
    }

    private PluginInstaller Installer() => new(Root);

    private (PluginInfo Plugin, bool WasThere) Install(string package) => Installer().Install(package, package, null, default);

    private MergeHostException Refusal(string package) => Assert.Throws<MergeHostException>(() => Install(package));

    private IEnumerable<string> Leftovers() =>
        Directory.Exists(Root) ? Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories) : [];

    private string Pack(
        string id = "good", string version = "1.2.0", string fixture = Good, string? folder = null,
        string type = PluginInstaller.PackageType,
        (string Name, string Content)[]? more = null, Action<ZipArchiveEntry>? change = null)
    {
        string staged = folder ?? Path.Combine(PluginFolder.Fixtures, fixture);
        IEnumerable<(string, byte[])> files =
        [
            ($"{id}.nuspec", Encoding.UTF8.GetBytes(PackageMaker.Nuspec(id, version, type))),
            .. Directory.EnumerateFiles(staged).Order(StringComparer.Ordinal)
                .Select(path => ($"plugin/{Path.GetFileName(path)}", File.ReadAllBytes(path))),
            .. (more ?? []).Select(file => (file.Name, Encoding.UTF8.GetBytes(file.Content))),
        ];
        return PackageMaker.Write(Path.Combine(_folder["feed"], $"{id}.{version}.nupkg"), files, change);
    }
}
