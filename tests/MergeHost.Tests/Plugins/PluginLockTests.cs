using MergeHost.Plugins;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Tests.Plugins;

public sealed class PluginLockTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    private string LockPath => PluginLock.PathFor(Path.Combine(_folder.Root, "recipe.yaml"));

    [Fact]
    public void Write_OfTheSamePlugins_GivesTheSameBytesWhateverTheOrder()
    {
        IReadOnlyList<PluginInfo> plugins = _folder.Scan("good/1.2.0", "versions/1.0.0", "versions/2.0.0").Plugins;

        PluginLock.Empty.With(plugins).Write(LockPath);
        string first = File.ReadAllText(LockPath);
        PluginLock.Empty.With([plugins[2]]).With([plugins[1], plugins[0]]).Write(LockPath);

        Assert.Equal(first, File.ReadAllText(LockPath));
        Assert.DoesNotContain('\r', first);
        Assert.DoesNotContain(_folder.Root, first, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfWhatWasWritten_GivesVersionsContractsAndHashesBack()
    {
        PluginInfo plugin = Assert.Single(_folder.Scan("versions/1.0.0").Plugins);
        PluginLock.Empty.With([plugin]).Write(LockPath);

        PluginLock read = Assert.IsType<PluginLock>(PluginLock.Read(LockPath));

        LockedPlugin locked = Assert.Single(read.Plugins);
        Assert.Equal(("versions", "1.0.0", "0.1"), (locked.Id, locked.Version, locked.Contract));
        Assert.Equal(
            ["Fixture.PrivLib.dll", "Fixture.Versions.deps.json", "Fixture.Versions.dll"],
            locked.Files.Select(file => file.Path));
        Assert.All(locked.Files, file => Assert.Matches("^[0-9a-f]{64}$", file.Sha256));
        Assert.Empty(read.Compare([plugin]));
        Assert.Equal(Path.Combine(_folder.Root, "mergehost.lock.json"), LockPath);
    }

    [Fact]
    public void Read_WhenThereIsNoFile_GivesNoLock() => Assert.Null(PluginLock.Read(LockPath));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{ "plugins": null }""")]
    [InlineData("""{ "plugins": [null] }""")]
    [InlineData("""{ "plugins": [{ "id": "ties" }] }""")]
    [InlineData("""{ "plugins": [], "lines": 1 }""")]
    public void Read_WhenTheFileIsNoLock_NamesIt(string content)
    {
        File.WriteAllText(LockPath, content);

        MergeHostException exception = Assert.Throws<MergeHostException>(() => PluginLock.Read(LockPath));

        Assert.Equal(ErrorCodes.PluginLock, exception.Code);
        Assert.Contains(LockPath, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_WhenAPrivateLibraryIsAnother_NamesPluginAndFile()
    {
        PluginInfo plugin = Assert.Single(_folder.Scan("versions/1.0.0").Plugins);
        PluginLock locked = PluginLock.Empty.With([plugin]);
        File.AppendAllText(Path.Combine(plugin.Folder, "Fixture.PrivLib.dll"), " ");
        File.Move(Path.Combine(plugin.Folder, "Fixture.Versions.deps.json"), Path.Combine(plugin.Folder, "moved.deps.json"));
        File.Delete(plugin.DocPath!);

        Assert.Equal(
            [
                "plugin 'versions' 1.0.0: 'Fixture.PrivLib.dll' is not the file that was locked",
                "plugin 'versions' 1.0.0: 'Fixture.Versions.deps.json' is missing",
                "plugin 'versions' 1.0.0: 'moved.deps.json' is not locked",
            ],
            locked.Compare([plugin]).Select(problem => problem.Message));
    }

    [Fact]
    public void Compare_WhenAnotherVersionIsUsed_NamesBoth()
    {
        IReadOnlyList<PluginInfo> plugins = _folder.Scan("versions/1.0.0", "versions/2.0.0", "good/1.2.0").Plugins;
        PluginLock locked = PluginLock.Empty.With([plugins[2]]);

        IReadOnlyList<Problem> problems = locked.Compare([plugins[0], plugins[1]]);

        Assert.All(problems, problem => Assert.Equal(ErrorCodes.PluginLock, problem.Code));
        Assert.Equal(
            ["plugin 'good' 1.2.0 is used, it is not locked", "plugin 'versions' 2.0.0 is used, locked is 1.0.0"],
            problems.Select(problem => problem.Message));
    }

    [Fact]
    public void Compare_WhenALockedPluginIsNotUsed_FindsNoDifference()
    {
        IReadOnlyList<PluginInfo> plugins = _folder.Scan("versions/1.0.0", "good/1.2.0").Plugins;

        Assert.Empty(PluginLock.Empty.With(plugins).Compare([plugins[0]]));
    }

    [Fact]
    public void With_WhenAPluginChanged_ReplacesItsHashes()
    {
        PluginInfo plugin = Assert.Single(_folder.Scan("versions/1.0.0").Plugins);
        PluginLock locked = PluginLock.Empty.With([plugin]);
        File.AppendAllText(plugin.AssemblyPath, " ");

        PluginLock now = locked.With([plugin]);

        Assert.Single(now.Plugins);
        Assert.Empty(now.Compare([plugin]));
    }

    public void Dispose() => _folder.Dispose();
}
