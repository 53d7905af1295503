using System.Diagnostics;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Safetensors.SafetensorsText;

namespace MergeHost.Plugins.Tests.Safetensors;

/// <summary>An index and two shards, of which one thing is wrong.</summary>
public sealed class MalformedIndexTests : IDisposable
{
    private const string Index = "model.safetensors.index.json";
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    private readonly TemporaryFolder _folder = new();

    public MalformedIndexTests()
    {
        _folder.Write(First, Named("a"));
        _folder.Write(Second, Named("b"));
        WriteMap($$"""{"a":"{{First}}","b":"{{Second}}"}""");
    }

    [Theory]
    [InlineData("")]
    [InlineData(Index)]
    public void Open_OfTheFolderOrOfTheIndex_GivesAllTensors(string name)
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder[name]);
        Assert.Equal(["a", "b"], reader.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([_folder[First], _folder[Second]], reader.WeightFiles);
        Assert.Empty(reader.Warnings);
    }

    [Fact]
    public void Open_WhenShardsAreMissing_NamesThemAll() // 66
    {
        File.Delete(_folder[First]);
        File.Delete(_folder[Second]);
        AssertRefused(ErrorCodes.CheckpointUnreadable, Index, "2 of 2", First, Second);
    }

    [Theory] // 67 to 70
    [InlineData("../a.safetensors")]
    [InlineData("..safetensors")]
    [InlineData("sub/a.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("""C:\\a.safetensors""")]
    [InlineData("""\\\\host\\a.safetensors""")]
    [InlineData("%2e%2e.safetensors")]
    [InlineData("a.safetensors.")]
    [InlineData("a.safetensors ")]
    [InlineData("""a.safetensors\n""")]
    [InlineData("""a\u0000.safetensors""")]
    [InlineData("pytorch_model.bin")]
    [InlineData("")]
    public void Open_WhenAShardsNameIsNotThatOfAFileBesideTheIndex_IsRefused(string shard)
    {
        WriteMap($$"""{"a":"{{First}}","b":"{{shard}}"}""");
        AssertRefused(ErrorCodes.BadIndex, Index, "'b'", "expected the name of a file");
    }

    [Fact]
    public void Open_WhenAShardIsALinkOutOfTheFolder_IsRefused() // 71
    {
        using TemporaryFolder other = new();
        other.Write("secret", Named("b"));
        LinkSecond(other["secret"]);
        AssertRefused(ErrorCodes.BadIndex, Second, "link", other["secret"]);
    }

    [Fact]
    public void Open_WhenAShardIsALinkWithinTheFolder_Opens()
    {
        File.Move(_folder[Second], _folder["content"]);
        File.CreateSymbolicLink(_folder[Second], "./content");
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        Assert.Equal(2, reader.Tensors.Count);
    }

    [Fact]
    public void Open_OfACacheThatLinksToItsBlobs_Opens()
    {
        string snapshot = _folder["models--a--b/snapshots/1234"];
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(_folder["models--a--b/blobs"]);
        foreach (string name in (string[])[Index, First, Second])
        {
            File.Move(_folder[name], _folder[$"models--a--b/blobs/{name}"]);
            File.CreateSymbolicLink(Path.Combine(snapshot, name), $"../../blobs/{name}");
        }

        // By a link to the folder, too: what counts is where the files really lie.
        Directory.CreateSymbolicLink(_folder["latest"], snapshot);
        using ICheckpointReader direct = new SafetensorsFormat().Open(snapshot);
        using ICheckpointReader linked = new SafetensorsFormat().Open(_folder["latest"]);
        Assert.Equal(["a", "b"], linked.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Open_OfACacheThatLinksToAnothersBlobs_IsRefused()
    {
        string snapshot = _folder["models--a--b/snapshots/1234"];
        string blobs = _folder["models--x--y/blobs"];
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(blobs);
        File.Move(_folder[Index], Path.Combine(snapshot, Index));
        foreach (string name in (string[])[First, Second])
        {
            File.Move(_folder[name], Path.Combine(blobs, name));
            File.CreateSymbolicLink(Path.Combine(snapshot, name), $"../../../models--x--y/blobs/{name}");
        }

        AssertRefused(snapshot, ErrorCodes.BadIndex, First, "link");
    }

    [Fact]
    public void Open_WhenATensorIsNotInItsShard_SaysWhereItIs() // 72
    {
        WriteMap($$"""{"a":"{{First}}","b":"{{First}}","c":"{{Second}}"}""");
        AssertRefused(ErrorCodes.BadIndex, "2 tensors", "'b'", First, $"it is in '{Second}'");
    }

    [Fact]
    public void Open_WhenATensorIsInNoShard_NamesIt() // 72
    {
        WriteMap($$"""{"a":"{{First}}","b":"{{Second}}","c":"{{Second}}"}""");
        AssertRefused(ErrorCodes.BadIndex, "1 tensors", "'c'", "no shard holds it");
    }

    [Fact]
    public void Open_WhenATensorIsNotInTheIndex_WarnsAndLeavesItOut() // 73
    {
        _folder.Write(Second, Whole(
            $$"""{"b":{{One}},"c":{"dtype":"F32","shape":[1],"data_offsets":[4,8]} }""", 8));
        AssertWarns(_folder.Path, ["a", "b"], Index, "1 tensors", "'c'", "left out");
    }

    [Fact]
    public void Open_WhenATensorIsInTwoShards_NamesBoth() // 74
    {
        _folder.Write(Second, Whole(
            $$"""{"b":{{One}},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]} }""", 8));
        AssertRefused(ErrorCodes.BadIndex, "'a'", First, Second);
    }

    [Theory] // 75
    [InlineData("9")]
    [InlineData("-8")]
    [InlineData("8.5")]
    [InlineData("1e99")]
    [InlineData("\"8\"")]
    [InlineData("null")]
    public void Open_WhenTheTotalIsWrong_Warns(string total)
    {
        _folder.Write(Index, Encoding.UTF8.GetBytes(
            $$"""{"metadata":{"total_size":{{total}}},"weight_map":{"a":"{{First}}","b":"{{Second}}"} }"""));
        AssertWarns(_folder.Path, ["a", "b"], Index, "'total_size'", "8 bytes");
    }

    [Theory]
    [InlineData("{\"metadata\":{\"total_size\":8.0}")]
    [InlineData("{\"metadata\":{\"total_parameters\":[2]}")]
    [InlineData("{\"other\":{}")]
    public void Open_WhenTheTotalIsRightOrAbsent_DoesNotWarn(string beginning)
    {
        _folder.Write(Index, Encoding.UTF8.GetBytes(
            $$"""{{beginning}},"weight_map":{"a":"{{First}}","b":"{{Second}}"} }"""));
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        Assert.Empty(reader.Warnings);
    }

    [Theory] // 76, 77
    [InlineData("""{"weight_map":{"a":"model-00001-of-00002.safetensors","a":"model-00002-of-00002.safetensors"}}""", "'a' stands twice")]
    [InlineData("""{"weight_map":{"a":"model-00001-of-00002.safetensors"},"weight_map":{}}""", "'weight_map' stands twice")]
    [InlineData("""{"metadata":{"total_size":8,"total_size":8},"weight_map":{}}""", "'total_size' stands twice")]
    [InlineData("""{"weight_map":{"a":7}}""", "'a' is 7")]
    [InlineData("""{"weight_map":{"a":["model-00001-of-00002.safetensors"]}}""", "'a' is an array")]
    [InlineData("""{"weight_map":[]}""", "'weight_map' is an array")]
    [InlineData("""{"metadata":7,"weight_map":{}}""", "'metadata' is 7")]
    [InlineData("""{"weight_map":{}}""", "missing or empty")]
    [InlineData("""{}""", "missing or empty")]
    [InlineData("""[]""", "an array")]
    [InlineData("""{"weight_map":{"a":"model-00001-of-00002.safetensors"}""", "not JSON")]
    [InlineData("""<!DOCTYPE html>""", "not JSON")]
    [InlineData("", "not JSON")]
    public void Open_WhenTheIndexIsNotAnIndex_SaysWhy(string text, string words)
    {
        _folder.Write(Index, Encoding.UTF8.GetBytes(text));
        AssertRefused(ErrorCodes.BadIndex, Index, words);
    }

    [Fact]
    public void Open_WhenTheSingleFileIsThereToo_ReadsItAndWarns() // 78
    {
        _folder.Write("model.safetensors", Named("single"));
        AssertWarns(_folder.Path, ["single"], "'model.safetensors'", $"'{Index}'", "the single file is read");
    }

    [Fact]
    public void Open_WhenNamesTellAnotherNumberOfShards_IsRefused() // 79
    {
        WriteMap($$"""{"a":"{{First}}"}""");
        AssertRefused(ErrorCodes.BadIndex, First, "one of 2 shards", "the index names 1");
    }

    [Fact]
    public void Open_WhenShardsDifferOnlyInCase_Warns() // 80
    {
        _folder.Write("x.safetensors", Named("a"));
        _folder.Write("X.safetensors", Named("b"));
        WriteMap("""{"a":"x.safetensors","b":"X.safetensors"}""");
        AssertWarns(_folder.Path, ["b", "a"], "'x.safetensors'", "'X.safetensors'", "upper and lower case");
    }

    [Fact]
    public void Open_WhenAShardIsAFolder_IsRefused() // 81
    {
        File.Delete(_folder[Second]);
        Directory.CreateDirectory(_folder[Second]);
        AssertRefused(ErrorCodes.CheckpointUnreadable, Second, "found a folder");
    }

    [Fact]
    public void Open_WhenAShardIsAPipe_IsRefusedAtOnce() // 81
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        File.Delete(_folder[Second]);
        using (Process process = Process.Start("mkfifo", _folder[Second]))
        {
            process.WaitForExit();
        }

        AssertRefused(ErrorCodes.CheckpointUnreadable, Second, "found a named pipe");
    }

    [Fact]
    public void Open_WhenTheFileIsADevice_IsRefused() // 81
    {
        if (OperatingSystem.IsLinux())
        {
            AssertRefused("/dev/zero", ErrorCodes.CheckpointUnreadable, "/dev/zero", "found a device");
        }
    }

    [Fact]
    public void Read_WhenAShardIsCutShortMeanwhile_SaysSo() // 82
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        using (FileStream shard = new(_folder[Second], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            shard.SetLength(shard.Length - 1);
        }

        CheckpointException exception = Assert.Throws<CheckpointException>(() => reader.Read(reader.Tensors[1], 0, new byte[4]));
        Assert.Equal(ErrorCodes.ChangedWhileRead, exception.Code);
        Assert.Contains(Second, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenAShardIsReplacedMeanwhile_GivesWhatWasOpened() // 82
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        _folder.Write("other", [.. Named("b")[..^4], 1, 1, 1, 1]);
        File.Move(_folder["other"], _folder[Second], overwrite: true);
        byte[] found = new byte[4];
        reader.Read(reader.Tensors[1], 0, found);
        Assert.Equal(new byte[4], found);
    }

    [Fact]
    public void Open_OfSeveralFilesWithoutAnIndex_AsksForOne()
    {
        File.Delete(_folder[Index]);
        AssertRefused(ErrorCodes.CheckpointUnreadable, First, "1 more", Index);
    }

    [Fact]
    public void Open_OfSeveralIndexes_AsksForOne()
    {
        File.Move(_folder[Index], _folder["a.safetensors.index.json"]);
        File.Copy(_folder["a.safetensors.index.json"], _folder["b.safetensors.index.json"]);
        AssertRefused(ErrorCodes.CheckpointUnreadable, "'a.safetensors.index.json'", "1 more", Index);
    }

    [Fact]
    public void Open_OfAnotherIndex_OpensItsShards()
    {
        File.Move(_folder[Index], _folder["other.safetensors.index.json"]);
        using ICheckpointReader reader = new SafetensorsFormat().Open(_folder.Path);
        Assert.Equal(2, reader.Tensors.Count);
    }

    [Fact]
    public void Open_OfAnUnfinishedCheckpoint_SaysSo()
    {
        using TemporaryFolder other = new();
        other.Write("model.safetensors.partial", Named("a"));
        AssertRefused(other.Path, ErrorCodes.CheckpointUnreadable, "unfinished");
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertRefused(string path, ErrorCode code, params string[] words)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new SafetensorsFormat().Open(path));
        Assert.Equal(code, exception.Code);
        Problem problem = Assert.Single(exception.Problems);
        Assert.All(words, word => Assert.Contains(word, problem.Message, StringComparison.Ordinal));
    }

    private static void AssertWarns(string path, string[] tensors, params string[] words)
    {
        using ICheckpointReader reader = new SafetensorsFormat().Open(path);
        Problem warning = Assert.Single(reader.Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.All(words, word => Assert.Contains(word, warning.Message, StringComparison.Ordinal));
        Assert.Equal(tensors, reader.Tensors.Select(tensor => tensor.Name));
    }

    private void AssertRefused(ErrorCode code, params string[] words) => AssertRefused(_folder.Path, code, words);

    private void WriteMap(string map) =>
        _folder.Write(Index, Encoding.UTF8.GetBytes($$"""{"metadata":{"total_size":8},"weight_map":{{map}}}"""));

    private void LinkSecond(string target)
    {
        File.Delete(_folder[Second]);
        File.CreateSymbolicLink(_folder[Second], target);
    }
}
