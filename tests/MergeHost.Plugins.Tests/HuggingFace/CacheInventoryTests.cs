using MergeHost.Plugins.HuggingFace.Copies;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Stores;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>The cache that programs for the hub share: what is listed, removed and found damaged.</summary>
public sealed class CacheInventoryTests : IDisposable
{
    private const string Weights = "model.safetensors";

    private readonly FakeHub _hub = new();
    private readonly TemporaryFolder _folder = new();
    private readonly HubConnection _connection;
    private readonly FakeModel _model;

    public CacheInventoryTests()
    {
        _connection = new HubConnection(_hub.Settings(_folder.Path));
        _model = _hub.Add("org/tiny", ("config.json", [1, 2, 3]), (Weights, HuggingFaceStoreTests.Bytes(5_000)), ("unwanted.txt", [7]));
        Download("org/tiny", "config.json", Weights);
    }

    private CacheInventory Inventory => new(_connection.Settings);

    private string Top => _folder["models--org--tiny"];

    [Fact]
    public void List_OfARevision_SaysWhatIsThere()
    {
        _hub.Add("org/data", ("x.json", [1]));
        Download("hf-dataset:org/data", "x.json");
        CachedCheckpoint[] copies = [.. Inventory.List()];
        Assert.Equal(["hf-dataset:org/data", "hf:org/tiny"], copies.Select(copy => copy.Name));
        CachedCheckpoint tiny = copies[1];
        Assert.Equal((_model.Commit, "main", 2, 1, 5_003),
            (tiny.Commit, string.Join(' ', tiny.References), tiny.FileCount, tiny.MissingCount, tiny.LengthBytes));
    }

    [Fact]
    public void Prune_RemovesWhatNobodyNeeds_AndLeavesWhatAProgramIsAt()
    {
        string unfinished = Blob("unfinished", new string('a', 40) + ".12345678.incomplete");
        string busy = Blob("busy", new string('b', 64) + ".12345678.incomplete");
        string orphan = Blob("orphan", new string('c', 40));
        using FileStream held = HubCache.TryLock(Path.Combine(_folder.Path, ".locks", "models--org--tiny", new string('b', 64) + ".lock"))!;
        Assert.Equal(2, Inventory.Prune([], detached: false, isTrial: true).Count);
        Assert.True(File.Exists(unfinished) && File.Exists(orphan));
        IReadOnlyList<RemovedCopy> removed = Inventory.Prune([], detached: false, isTrial: false);
        Assert.Equal(16, removed.Sum(copy => copy.LengthBytes));
        Assert.Equal((false, false, true), (File.Exists(unfinished), File.Exists(orphan), File.Exists(busy)));
        Assert.Empty(Inventory.Verify([], null, default));
        Assert.Equal(2, Assert.Single(Inventory.List()).FileCount);
    }

    [Fact]
    public void Prune_OfRevisionsThatNoBranchIs_LeavesTheOthersWhole()
    {
        string other = new('d', 40);
        Directory.CreateDirectory(Path.Combine(Top, "snapshots", other));
        File.CreateSymbolicLink(Path.Combine(Top, "snapshots", other, "config.json"),
            new FileInfo(Path.Combine(Top, "snapshots", _model.Commit, "config.json")).LinkTarget!);
        string own = new('e', 40);
        Blob("own", own);
        File.CreateSymbolicLink(Path.Combine(Top, "snapshots", other, "own.json"), $"../../blobs/{own}");
        Assert.Empty(Inventory.Prune([], detached: false, isTrial: false));
        RemovedCopy removed = Assert.Single(Inventory.Prune([], detached: true, isTrial: false));
        Assert.Equal(($"hf:org/tiny@{other}", 3), (removed.What, removed.LengthBytes));
        Assert.False(File.Exists(Path.Combine(Top, "blobs", own)));
        Assert.Empty(Inventory.Verify([], null, default));
    }

    [Theory]
    [InlineData("org/tiny", false)]
    [InlineData("org/tiny@main", true)]
    public void Prune_OfANamedModel_RemovesItOrItsRevision(string name, bool isFolderLeft)
    {
        Assert.Equal(name.Contains('@', StringComparison.Ordinal) ? 5_003 : -1,
            Inventory.Prune([name], false, false)[0].LengthBytes is var bytes && isFolderLeft ? bytes : -1);
        Assert.Equal(isFolderLeft, Directory.Exists(Top));
        Assert.Empty(Inventory.List());
        Assert.Empty(Directory.Exists(Top) ? Directory.GetFiles(Path.Combine(Top, "blobs")) : []);
        Assert.Equal(HubFault.NotFound, Assert.Throws<HubException>(() => Inventory.Prune(["org/none"], false, false)).Fault);
    }

    [Fact]
    public void Verify_FindsOtherBytesAndDeadLinks_AndRemovesThem()
    {
        string link = Path.Combine(Top, "snapshots", _model.Commit, Weights);
        byte[] content = File.ReadAllBytes(link);
        content[17] ^= 1;
        File.WriteAllBytes(HubCache.Target(link).FullName, content);
        File.CreateSymbolicLink(Path.Combine(Top, "snapshots", _model.Commit, "dead.json"), "../../blobs/none");
        IReadOnlyList<DamagedCopy> damaged = Inventory.Verify(["org/tiny"], null, default);
        Assert.Equal(["a link that leads nowhere", "it has another digest"], damaged.Select(copy => copy.Reason));
        CacheInventory.Remove(damaged);
        Assert.Empty(Inventory.Verify([], null, default));
        Assert.Equal(1, Assert.Single(Inventory.List()).FileCount);
    }

    [Fact]
    public void Verify_WithoutLinks_TakesDigestsFromTheListing()
    {
        string link = Path.Combine(Top, "snapshots", _model.Commit, Weights);
        File.Delete(link);
        File.WriteAllBytes(link, new byte[5_000]);
        Assert.Equal("it has another digest", Assert.Single(Inventory.Verify([], null, default)).Reason);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _hub.Dispose();
        _folder.Dispose();
    }

    private string Blob(string content, string name)
    {
        string path = Path.Combine(Top, "blobs", name);
        File.WriteAllText(path, content);
        return path;
    }

    private void Download(string name, params string[] files)
    {
        HubRepository repository = HubRepository.Open(_connection, HubName.TryParse(name)!, default);
        repository.Download([.. repository.Files.Where(file => files.Contains(file.Path))], null, default);
    }
}
