using MergeHost.Tests.Running;

namespace MergeHost.Tests.Models;

/// <summary>Folders that are nearly a checkpoint: what is missing is said, and a hint leads on when it is followed.</summary>
public sealed class FolderHintTests : IDisposable
{
    private const string Shard = "shards/model-00001-of-00003.safetensors";

    private readonly MergeBed _bed = new();

    [Fact]
    public void Open_OfShardsWithoutTheirIndex_AsksForTheIndexAndNotForOneOfThem()
    {
        WriteShards();
        File.Delete(_bed["shards/model.safetensors.index.json"]);
        Problem problem = MergeBed.Fails(() => _bed.Engine.Inspect(_bed["shards"]));
        Assert.Equal("Download 'model.safetensors.index.json' to the same folder: it says which tensor is in which shard.", problem.Hint);
    }

    [Fact]
    public void Open_OfASingleShard_SaysThatOthersAreNotRead()
    {
        WriteShards();
        Problem warning = Assert.Single(_bed.Engine.Inspect(_bed[Shard]).Warnings);
        Assert.Contains("'model-00001-of-00003.safetensors' is one of 3 shards", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAFolderOfTheHubsCache_NamesTheNewestSnapshot()
    {
        Directory.CreateDirectory(_bed["models--org--name/refs"]);
        Directory.CreateDirectory(_bed["models--org--name/snapshots/0a"]);
        Directory.SetLastWriteTimeUtc(_bed["models--org--name/snapshots/0a"], new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        string newest = _bed.Copy("base", "models--org--name/snapshots/1b");
        Problem problem = MergeBed.Fails(() => _bed.Engine.Inspect(_bed["models--org--name"]));
        Assert.Equal((ErrorCodes.UnknownFormat, $"Name '{newest}'."), (problem.Code, problem.Hint));
        Assert.NotEmpty(_bed.Engine.Inspect(newest).Tensors);
    }

    [Fact]
    public void Open_OfMistralsOwnFileAlone_SaysWhoseNamesItHas()
    {
        string model = _bed.Copy("base", "mistral");
        File.Move(Path.Combine(model, "model.safetensors"), Path.Combine(model, "consolidated.safetensors"));
        Problem warning = Assert.Single(_bed.Engine.Inspect(model).Warnings);
        Assert.Contains("'consolidated.safetensors' names its tensors otherwise", warning.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private void WriteShards()
    {
        _bed.Merge(MergeBed.Recipe("linear"), "shards", new MergeOptions { ShardSizeBytes = 2_500_000 });
        Assert.True(File.Exists(_bed[Shard]));
    }
}
