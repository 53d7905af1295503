using MergeHost.Checkpoints;
using MergeHost.Storage.Folders;
using MergeHost.Testing;

namespace MergeHost.Storage.Tests.Folders;

public sealed class FolderCompanionsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FolderCompanionsTests() => Directory.CreateDirectory(_folder["model"]);

    [Fact]
    public void Find_OfOrdinaryFilesAndLinksWithin_FindsThemWithTheirPaths()
    {
        _folder.Write("model/config.json", "{}"u8);
        File.CreateSymbolicLink(_folder["model/tokenizer.json"], "config.json");
        IReadOnlyList<CompanionFile> found = FolderCompanions.Find(LocalCheckpointFiles.At(_folder["model"]));
        Assert.Equal(["config.json", "tokenizer.json"], found.Select(file => file.Name));
        Assert.All(found, file => Assert.Equal("{}"u8.ToArray(), file.ReadBytes()));
        Assert.All(found, file => Assert.Equal(Path.Combine(_folder["model"], file.Name), file.Path));
    }

    // ROOT/snapshots/REVISION/name → ROOT/blobs/HASH.
    [Fact]
    public void Find_OfLinksToTheBlobsOfACache_FindsThem()
    {
        Directory.CreateDirectory(_folder["blobs"]);
        Directory.CreateDirectory(_folder["snapshots/revision"]);
        _folder.Write("blobs/hash", "{}"u8);
        File.CreateSymbolicLink(_folder["snapshots/revision/config.json"], "../../blobs/hash");
        Assert.Single(FolderCompanions.Find(LocalCheckpointFiles.At(_folder["snapshots/revision"])));
    }

    [Theory]
    [InlineData("nowhere", "which is not there")]
    [InlineData("../../blobs/hash", "which is not there")]
    [InlineData("config.json", "symbolic links")]
    [InlineData("../secret", "outside of the checkpoint's folder")]
    [InlineData("through/secret", "outside of the checkpoint's folder")]
    public void Find_OfALinkThatLeadsNowhereOrOut_RefusesIt(string target, string words)
    {
        _folder.Write("secret", "SECRET"u8);
        Directory.CreateSymbolicLink(_folder["model/through"], _folder.Path);
        File.CreateSymbolicLink(_folder["model/config.json"], target);
        CheckpointException exception =
            Assert.Throws<CheckpointException>(() => FolderCompanions.Find(LocalCheckpointFiles.At(_folder["model"])));
        Assert.Equal(ErrorCodes.CheckpointUnreadable, exception.Code);
        Assert.Contains("config.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("folder", "a folder")]
    [InlineData("pipe", "a named pipe")]
    public void Find_OfWhatIsNoFile_RefusesItWithoutWaiting(string kind, string words)
    {
        if (kind == "folder")
        {
            Directory.CreateDirectory(_folder["model/tokenizer.json"]);
        }
        else
        {
            System.Diagnostics.Process.Start("mkfifo", [_folder["model/tokenizer.json"]]).WaitForExit();
        }

        Assert.Contains(words,
            Assert.Throws<CheckpointException>(() => FolderCompanions.Find(LocalCheckpointFiles.At(_folder["model"]))).Message,
            StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
