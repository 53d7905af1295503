using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;
using MergeHost.Testing;

namespace MergeHost.Storage.Tests.Folders;

/// <summary>A folder of this machine keeps to the contract of stores.</summary>
public sealed class LocalCheckpointFilesTests : CheckpointStoreContract<LocalCheckpointFilesTests.LocalStore>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LocalCheckpointFilesTests()
    {
        foreach ((string name, byte[] content) in Contents)
        {
            _folder.Write(name, content);
        }

        Directory.CreateDirectory(_folder["below"]);
    }

    protected override string Known => _folder.Path;

    protected override string Unknown => _folder["nowhere/at/all"];

    protected override IReadOnlyDictionary<string, byte[]> Contents { get; } = new Dictionary<string, byte[]>
    {
        ["model.safetensors"] = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7))],
        ["config.json"] = [1, 2, 3],
        ["Z"] = [4],
    };

    [Fact]
    public void At_AFile_NamesItAmongThoseOfItsFolder()
    {
        LocalCheckpointFiles files = LocalCheckpointFiles.At(_folder["config.json"]);
        Assert.Equal(("config.json", _folder["config.json"], _folder.Path), (files.Named, files.Path, files.Location));
        Assert.Equal(3, files.Names.Count);
        Assert.Equal(["below"], files.Folders);
    }

    [Fact]
    public void IdentityOf_AFileThatWasWrittenTo_IsAnother()
    {
        LocalCheckpointFiles files = LocalCheckpointFiles.At(_folder.Path);
        string? before = files.IdentityOf("Z");
        _folder.Write("Z", [5, 6]);
        Assert.NotEqual(before, files.IdentityOf("Z"));
    }

    [Fact]
    public void ReadBytes_OfAFileThatIsTooLong_IsRefused()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => LocalCheckpointFiles.At(_folder.Path)
            .ReadBytes("config.json", 2));
        Assert.Contains("config.json: the file has 3 bytes; at most 2 are read", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    public sealed class LocalStore : ICheckpointStore
    {
        public CheckpointFiles? Find(string name) => Path.Exists(name) ? LocalCheckpointFiles.At(name) : null;
    }
}
