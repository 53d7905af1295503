using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Plugins.Safetensors;
using MergeHost.Plugins.Tests.Safetensors;
using MergeHost.Testing;
using Microsoft.AspNetCore.Http;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>Files of a hub: by ranges, through the cache, and when things go wrong.</summary>
public sealed class HubFilesTests : IDisposable
{
    private const string Weights = "model.safetensors";

    private readonly FakeHub _hub = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<HubConnection> _connections = [];
    private readonly byte[] _weights = HuggingFaceStoreTests.Bytes(1_000_000);
    private readonly FakeModel _model;

    public HubFilesTests() => _model = _hub.Add("org/tiny", ("config.json", [1, 2, 3]), (Weights, _weights), ("sub/x.json", [4]));

    [Fact]
    public void Read_OfAShortRun_FetchesNoMoreThanABlock_AndKeepsNothing()
    {
        using CheckpointFile file = Files().Open(Weights);
        Assert.Equal(_weights[..100], Read(file, 0, 100));
        Assert.Equal(_weights[500..600], Read(file, 500, 100));
        Assert.Equal(1 << 12, _hub.StorageBytes);
        Assert.False(Directory.Exists(_folder["models--org--tiny"]));
    }

    [Fact]
    public void FetchHeads_FetchesWhatIsGoingToBeRead_InOneRequestEach()
    {
        HubFiles files = Files();
        files.FetchHeads([Weights], _ => 300_000);
        using CheckpointFile file = files.Open(Weights);
        Assert.Equal(_weights[..8], Read(file, 0, 8));
        Assert.Equal(_weights[8..299_000], Read(file, 8, 298_992));
        Assert.Equal(300_000, _hub.StorageBytes);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(900)]
    public void Open_OfShards_FetchesLittleMoreThanTheirHeaders(int tensors)
    {
        string[] shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        string[][] names = [.. shards.Select((_,
            shard) => Enumerable.Range(0, tensors).Select(number => $"model.layers.{number}.mlp.experts.{shard}.up_proj.weight")
                .ToArray())];
        string[] headers = [.. names.Select(shard => "{" + string.Join(',', shard.Select((name, number) =>
            $$"""
            "{{name}}":{"dtype":"BF16","shape":[32,64],"data_offsets":[{{number * 4096}},{{(number + 1) * 4096}}]}
            """)) + "}")];
        string index = string.Join(',', names.SelectMany((shard, number) => shard.Select(name => $"\"{name}\":\"{shards[number]}\"")));
        _hub.Add("org/sharded", [
            ("model.safetensors.index.json", Encoding.UTF8.GetBytes("{\"weight_map\":{" + index + "}}")),
            .. shards.Select((shard, number) => (shard, SafetensorsText.Whole(headers[number], tensors * 4096)))]);

        using ICheckpointReader reader = new SafetensorsFormat().Open(Files(name: "org/sharded"));

        Assert.Equal(2 * tensors, reader.Tensors.Count);
        Assert.InRange(_hub.StorageBytes, 1, 1.3 * headers.Sum(header => header.Length + 8));
        Assert.Equal(2,
            _hub.Requests.Count(request => request.Contains("/resolve/", StringComparison.Ordinal)
                && request.Contains("-of-", StringComparison.Ordinal)));
    }

    [Fact]
    public void FetchHeads_WhereThatFails_LeavesItToTheReader()
    {
        HubFiles files = Files();
        _hub.Fault = request => FakeHub.Status(request, 404);
        files.FetchHeads([Weights], _ => 300);
        Assert.Throws<CheckpointException>(() => files.ReadBytes(Weights, int.MaxValue));
    }

    [Fact]
    public void Fetch_OfFiles_FillsTheCacheAsOtherProgramsLayItOut_AndFetchesEachByteOnce()
    {
        CheckpointFiles files = Files();
        using CheckpointFile file = files.Open(Weights);
        Read(file, 0, 8);
        Assert.Equal(1_000_003, files.MissingBytes(["config.json", Weights]));
        files.Fetch(["config.json", Weights], null, default);
        Assert.Equal((1_000_000, 0), (_hub.StorageBytes, files.MissingBytes(["config.json", Weights])));
        string top = _folder["models--org--tiny"];
        string link = Path.Combine(top, "snapshots", _model.Commit, Weights);
        Assert.Equal($"../../blobs/{file.Identity}", new FileInfo(link).LinkTarget);
        Assert.Equal(_weights, File.ReadAllBytes(link));
        Assert.Equal(_model.Commit, File.ReadAllText(Path.Combine(top, "refs", "main")));
        Assert.Contains("\"lfs_sha256\"", File.ReadAllText(Path.Combine(top, "trees", _model.Commit + ".json")), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(top, "blobs"), "*.incomplete"));
        Assert.Equal(_weights[5..], Read(file, 5, 999_995));
        Assert.Equal(1_000_000, _hub.StorageBytes);
    }

    [Fact]
    public void Fetch_WithoutLinks_PutsFilesIntoTheSnapshot()
    {
        Files(settings => settings with { AvoidsLinks = true }).Fetch([Weights], null, default);
        string path = _folder[$"models--org--tiny/snapshots/{_model.Commit}/{Weights}"];
        Assert.Null(new FileInfo(path).LinkTarget);
        Assert.Equal(_weights, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("main", true)]
    [InlineData("commit", false)]
    public void Open_OfWhatIsCached_SendsNoRequest(string revision, bool isOffline)
    {
        Files().Fetch(["config.json", Weights], null, default);
        _hub.Requests.Clear();
        CheckpointFiles files = Files(settings => settings with { IsOffline = isOffline },
            name: $"hf:org/tiny@{(revision == "commit" ? _model.Commit : revision)}");
        Assert.Equal(_weights, files.ReadBytes(Weights, int.MaxValue));
        files.Fetch(["config.json", Weights], null, default);
        Assert.Empty(_hub.Requests);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("""{"format_version":2,"files":{}}""")]
    [InlineData("""{"format_version":"1","files":{}}""")]
    [InlineData("""{"format_version":1,"files":[]}""")]
    [InlineData("""{"format_version":1,"files":{"config.json":7}}""")]
    [InlineData("""{"format_version":1,"files":{"config.json":{"size":"3","blob_id":"0123456789012345678901234567890123456789"}}}""")]
    [InlineData("""{"format_version":1,"files":{"config.json":{"size":3,"""
        + """ "blob_id":"0123456789012345678901234567890123456789","lfs_sha256":7}}}""")]
    public void Open_WhenTheCachesListingIsOfAnotherMake_AsksTheHub(string listing)
    {
        string path = _folder[$"models--org--tiny/trees/{_model.Commit}.json"];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, listing);
        Assert.Equal(["config.json", Weights], Files().Names);
    }

    [Fact]
    public void Open_OffLine_OfWhatIsNotCached_SaysSo()
    {
        Fails(ErrorCodes.HubOffline, "org/tiny", () => Files(settings => settings with { IsOffline = true }));
        Files().Fetch(["config.json"], null, default);
        CheckpointFiles files = Files(settings => settings with { IsOffline = true });
        Fails(ErrorCodes.HubOffline, Weights, () => files.ReadBytes(Weights, int.MaxValue));
        Fails(ErrorCodes.HubOffline, Weights, () => files.Fetch([Weights], null, default));
    }

    [Fact]
    public void Fetch_WhenTheConnectionBreaks_GoesOnAtTheByte()
    {
        int breaks = 2;
        _hub.Fault = request => _hub.IsStorage(request) && breaks-- > 0 && _hub.Send(request, _weights, breakAfter: 300_000) > 0;
        Files().Fetch([Weights], null, default);
        Assert.Equal(3, _hub.Requests.Count(request => request.Contains("Signature", StringComparison.Ordinal)));
        Assert.True(_hub.StorageBytes < 1_000_000);
        Assert.Equal(_weights, Files().ReadBytes(Weights, int.MaxValue));
    }

    [Fact]
    public void Fetch_AfterARunThatWasKilled_GoesOnWithWhatItLeft()
    {
        string sha = Files().IdentityOf(Weights)!;
        string partial = _folder[$"models--org--tiny/blobs/{sha}.{sha[..8]}.incomplete"];
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        File.WriteAllBytes(partial, _weights[..400_000]);
        Files().Fetch([Weights], null, default);
        Assert.Equal(600_000, _hub.StorageBytes);
        Assert.Equal(_weights, Files().ReadBytes(Weights, int.MaxValue));
    }

    [Fact]
    public void Fetch_WhenWhatWasLeftIsDamaged_BeginsAgain()
    {
        string sha = Files().IdentityOf(Weights)!;
        string partial = _folder[$"models--org--tiny/blobs/{sha}.{sha[..8]}.incomplete"];
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        File.WriteAllBytes(partial, new byte[400_000]);
        Files().Fetch([Weights], null, default);
        Assert.Equal(_weights, Files().ReadBytes(Weights, int.MaxValue));
    }

    [Fact]
    public void Fetch_WhenOtherBytesCome_RefusesThem_AndKeepsNothing()
    {
        byte[] other = [.. _weights];
        other[^1] ^= 1;
        _hub.Fault = request => _hub.IsStorage(request) && _hub.Send(request, other) > 0;
        Fails(ErrorCodes.HubDamaged, $"org/tiny/{Weights}", () => Files().Fetch([Weights], null, default));
        Assert.Empty(Directory.GetFiles(_folder["models--org--tiny/blobs"]));
    }

    [Fact]
    public void Fetch_WhenTheCacheHoldsOtherBytes_NamesTheFile()
    {
        Files().Fetch([Weights], null, default);
        string blob = _folder[$"models--org--tiny/blobs/{Files().IdentityOf(Weights)}"];
        File.WriteAllBytes(blob, new byte[_weights.Length]);
        Fails(ErrorCodes.HubDamaged, Weights, () => Files().Fetch([Weights], null, default));
    }

    [Theory]
    [InlineData("shifted", "MH7006")]
    [InlineData("other etag", "MH7006")]
    [InlineData("other commit", "MH7006")]
    [InlineData("other size", "MH7006")]
    [InlineData("encoded", "MH7006")]
    [InlineData("to a file", "MH7005")]
    [InlineData("nowhere", "MH7005")]
    [InlineData("endless", "MH7006")]
    [InlineData("page", "MH7006")]
    [InlineData("busy for an hour", "MH7002")]
    public void Read_WhenTheAnswerIsWrong_RefusesIt(string kind, string code)
    {
        CheckpointFiles files = Files();
        _hub.Fault = request => kind switch
        {
            "shifted" => _hub.IsStorage(request) && _hub.Send(request, _weights, shift: 8) > 0,
            "encoded" => _hub.IsStorage(request) && FakeHub.Status(request, 200, ("Content-Encoding", "gzip")),
            "page" => _hub.IsStorage(request) && Page(request),
            "other etag" => IsResolve(request) && FakeHub.Status(request, 302, ("X-Linked-ETag", "\"0\""), ("Location", _hub.Storage)),
            "other commit" =>
                IsResolve(request) && FakeHub.Status(request, 302, ("X-Repo-Commit", new string('0', 40)), ("Location", _hub.Storage)),
            "other size" => IsResolve(request) && FakeHub.Status(request, 302, ("X-Linked-Size", "7"), ("Location", _hub.Storage)),
            "to a file" => IsResolve(request) && FakeHub.Status(request, 302, ("Location", "file:///etc/hosts")),
            "nowhere" => IsResolve(request) && FakeHub.Status(request, 302),
            "endless" => IsResolve(request) && FakeHub.Status(request, 302, ("Location", FakeHub.Target(request))),
            _ => FakeHub.Status(request, 429, ("Retry-After", "3600")),
        };
        Fails(ErrorCodes.All.Single(known => known.Id == code), $"org/tiny/{Weights}", () => files.ReadBytes(Weights, int.MaxValue));

        bool Page(HttpContext request)
        {
            request.Request.Headers.Remove("Range");
            return _hub.Send(request, "<html>log in</html>"u8.ToArray()) > 0;
        }
    }

    [Fact]
    public void Read_WhenTheAddressExpired_AsksForAnother()
    {
        int times = 1;
        _hub.Fault = request => _hub.IsStorage(request) && times-- > 0 && FakeHub.Status(request, 403);
        Assert.Equal(_weights, Files().ReadBytes(Weights, int.MaxValue));
        Assert.Equal(2, _hub.Requests.Count(request => request.Contains("/resolve/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_WhenTheHubIsBusy_WaitsAsLongAsItSays()
    {
        int times = 1;
        _hub.Fault = request => _hub.IsStorage(request) && times-- > 0 && FakeHub.Status(request, 429, ("Retry-After", "1"));
        System.Diagnostics.Stopwatch clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(_weights, Files().ReadBytes(Weights, int.MaxValue));
        Assert.True(clock.Elapsed >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Read_OfAGatedModel_NeedsTheToken_WhichGoesToTheHubAlone()
    {
        _model.IsGated = true;
        CheckpointFiles refused = Files();
        CheckpointException exception = Assert.Throws<CheckpointException>(() => refused.ReadBytes(Weights, int.MaxValue));
        Assert.Equal((ErrorCodes.HubDenied, true), (exception.Code, exception.Message.Contains("gated", StringComparison.Ordinal)));
        Assert.Equal(_weights, Files(settings => settings with { Token = FakeHub.Token }).ReadBytes(Weights, int.MaxValue));
        Assert.Empty(_hub.Leaks);
    }

    [Theory]
    [InlineData("hf:org/none", "org/none")]
    [InlineData("hf:org/tiny@none", "org/tiny@none")]
    [InlineData("hf:org/tiny@main/none", "'none'")]
    public void Open_OfWhatTheHubDoesNotHave_NamesIt(string name, string named) =>
        Fails(ErrorCodes.HubNotFound, named, () => Files(name: name));

    [Fact]
    public void Open_OfAFolder_HasItsFiles()
    {
        Assert.Equal(["x.json"], Files(name: "hf:org/tiny@main/sub").Names);
        Assert.Equal("x.json", Files(name: "hf:org/tiny@main/sub/x.json").Named);
        CheckpointFiles whole = Files();
        Assert.Equal(["sub", "x.json"], whole.Folders.Concat(whole.NamesIn("sub")));
        Assert.Equal($"hf:org/tiny@{_model.Commit}/sub/x.json", whole.PathOf("sub/x.json"));
    }

    [Theory]
    [InlineData("../up.json")]
    [InlineData("/etc/x.json")]
    [InlineData("a\\..\\b.json")]
    [InlineData("x\0.json")]
    [InlineData("CONFIG.json/child")]
    [InlineData("Config.json")]
    public void Download_OfNamesThatMustNotBecomePaths_IsRefused(string name)
    {
        _model.StrangeNames = [name];
        HubRepository repository = Repository(HubName.TryParse("org/tiny")!, settings => settings);
        HubException exception = Assert.Throws<HubException>(() => repository.Download(repository.Files, null, default));
        Assert.Equal(HubFault.UnsafeName, exception.Fault);
        Assert.Equal(0, _hub.StorageBytes);
        Assert.Equal(_weights, Files().ReadBytes(Weights, int.MaxValue));
    }

    public void Dispose()
    {
        _connections.ForEach(connection => connection.Dispose());
        _hub.Dispose();
        _folder.Dispose();
    }

    private HubFiles Files(Func<HubSettings, HubSettings>? change = null, string name = "org/tiny")
    {
        HubName parsed = HubName.TryParse(name)!;
        return HubProblem.Told(() => HubFiles.At(Repository(parsed, change ?? (settings => settings)), parsed.Path));
    }

    private HubRepository Repository(HubName name, Func<HubSettings, HubSettings> change)
    {
        _connections.Add(new HubConnection(change(_hub.Settings(_folder.Path))));
        return HubRepository.Open(_connections[^1], name, default);
    }

    private static byte[] Read(CheckpointFile file, long offset, int count)
    {
        byte[] content = new byte[count];
        file.Read(offset, content);
        return content;
    }

    private static bool IsResolve(HttpContext request) => FakeHub.Target(request).Contains("/resolve/", StringComparison.Ordinal);

    private static void Fails(ErrorCode code, string named, Action work)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(work);
        Assert.Equal(code, exception.Code);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature", exception.ToString(), StringComparison.Ordinal);
    }
}
