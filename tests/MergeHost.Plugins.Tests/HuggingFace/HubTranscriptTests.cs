using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace;
using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Plugins.HuggingFace.Publishing;
using MergeHost.Plugins.Safetensors;
using MergeHost.Plugins.Tests.Safetensors;
using MergeHost.Stores;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>What huggingface_hub asked a recording hub for, and what it was answered: the fake hub
/// answers the same, and we ask for no more.</summary>
/// <remarks>The transcripts are those of <c>fixtures/hub/transcripts.json</c>, which <c>reduce.py</c> beside it makes.</remarks>
public sealed class HubTranscriptTests : IDisposable
{
    private const string Model = "mh-labs/tiny-base";
    private const string Gated = "mh-gated/secret";
    private const string Shard = "model-00001-of-00003.safetensors";

    // One file alone: huggingface_hub believes what comes, we compare it with the listing of the commit.
    private const int Listing = 2;

    private static readonly JsonNode _transcripts =
        JsonNode.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "hub", "transcripts.json")))!;

    private readonly FakeHub _hub = new() { PageFiles = 3 };
    private readonly TemporaryFolder _folder = new();
    private readonly List<HubConnection> _connections = [];

    public HubTranscriptTests()
    {
        foreach ((string id, JsonNode? repository) in _transcripts["repositories"]!.AsObject())
        {
            FakeModel model = new(repository!["files"]!.AsObject()
                .ToDictionary(file => file.Key, file => HuggingFaceStoreTests.Bytes((int)file.Value!)), (string?)repository["commit"])
            {
                IsGated = id == Gated
            };
            _hub.Add(id, model);
        }
    }

    public static TheoryData<string> ReadScenarios =>
        ["download_sharded", "download_again", "gated_granted", "gated_without_token", "gated_not_granted", "safetensors_headers",
            "ranges_by_filesystem"];

    [Theory]
    [MemberData(nameof(ReadScenarios))]
    public async Task FakeHub_AnswersAsTheRecordedOneDid(string scenario)
    {
        _hub.PageFiles = 1000;
        using HttpClient client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
        int compared = 0;
        foreach (JsonNode? recorded in _transcripts["scenarios"]![scenario]!["requests"]!.AsArray())
        {
            string path = (string)recorded!["path"]!;
            if (path.EndsWith("/auth-check", StringComparison.Ordinal) || path.Contains("/safetensors-metadata/", StringComparison.Ordinal))
            {
                continue; // Conveniences of the hub that we do not use.
            }

            using HttpRequestMessage request = new(new HttpMethod((string)recorded["method"]!), AddressOf(recorded, path));
            if ((string?)recorded["range"] is { } range)
            {
                request.Headers.TryAddWithoutValidation("Range", range);
            }

            if ((bool)recorded["token"]!)
            {
                request.Headers.TryAddWithoutValidation("Authorization",
                    (int)recorded["status"]! == 403 ? "Bearer hf_another" : $"Bearer {FakeHub.Token}");
            }

            using HttpResponseMessage answer = await client.SendAsync(request);
            Dictionary<string, string> headers = answer.Headers.Concat(answer.Content.Headers)
                .ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(", ", header.Value));
            Assert.Equal((path, (int)recorded["status"]!), (path, (int)answer.StatusCode));
            foreach ((string name, JsonNode? value) in recorded["answer"]!.AsObject())
            {
                // Digests are those of other bytes, and so are the addresses that hold them.
                Assert.True(headers.TryGetValue(name, out string? found), $"{path}: no header '{name}'");
                Assert.True(name is "etag" or "x-linked-etag" or "location" || (string)value! == found,
                    $"{path}: {name} is {found}, {value} was recorded");
            }

            compared++;
        }

        Assert.True(compared > 0);
    }

    [Fact]
    public void Download_OfAModel_AndAgain_AndOffline_AsksForNoMore()
    {
        NoMore("download_sharded", .., () => Download(Model));
        NoMore("download_again", 29.., () => Download(Model));
        NoMore("download_again", ..0, () => Download(Model, settings => settings with { IsOffline = true }));
    }

    [Fact]
    public void Download_OfAGatedModel_AsksForNoMore()
    {
        NoMore("gated_without_token", 1..7, () => Assert.Equal(HubFault.Denied, Assert.Throws<HubException>(() => Download(Gated)).Fault));
        NoMore("gated_granted", .., () => Download(Gated, settings => settings with { Token = FakeHub.Token }));
        Assert.Empty(_hub.Leaks);
    }

    [Theory]
    [InlineData("xet_switched_off", 0, Listing)]
    [InlineData("resume_after_break", 2, Listing)]
    [InlineData("retry_429", 1, Listing + 1)] // An address that failed is asked for again: it may lead elsewhere by now.
    public void Download_OfOneFile_AsksForTheListingAsWell_AndForNoMore(string scenario, int failures, int more)
    {
        _hub.PageFiles = 1000;
        _hub.Fault = context => _hub.IsStorage(context) && failures-- > 0 && (scenario == "retry_429"
            ? FakeHub.Status(context, 429, ("Retry-After", "0"))
                : _hub.Send(context, _hub.Model(Model).Files[Shard], breakAfter: 20_000) >= 0);
        NoMore(scenario, .., () =>
        {
            HubRepository repository = Repository(Model);
            repository.Add(repository.Files.Single(file => file.Path == Shard), null, default);
        }, more);
    }

    [Fact]
    public void Open_OfShards_AsksForNoMore()
    {
        string[] shards = [Shard, "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"];
        for (int shard = 0; shard < shards.Length; shard++)
        {
            _hub.Model(Model).Files[shards[shard]] =
                SafetensorsText.Whole($$$"""{"layer.{{{shard}}}":{"dtype":"F32","shape":[64],"data_offsets":[0,256]}}""", 256);
        }

        string map = string.Join(',', shards.Select((file, shard) => $"\"layer.{shard}\":\"{file}\""));
        _hub.Model(Model).Files["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes("{\"weight_map\":{" + map + "}}");
        _hub.PageFiles = 1000;
        NoMore("safetensors_headers", ..12, () =>
        {
            using ICheckpointReader reader = new SafetensorsFormat().Open(HubFiles.At(Repository(Model), ""));
            Assert.Equal(3, reader.Tensors.Count);
        });
    }

    [Fact]
    public void Open_OfAListingOfManyPages_AsksForEachOnce()
    {
        _hub.Add("mh-labs/tiny-math", Enumerable.Range(0, 14).Select(number => ($"file-{number:00}", new byte[] { 1 })));
        NoMore("listing_pages", ..6, () => Assert.Equal(14, Repository("mh-labs/tiny-math").Files.Count));
    }

    [Fact]
    public void Push_AndAgain_AsksForNoMore()
    {
        _hub.PartBytes = 100_000;
        File.WriteAllText(_folder["README.md"], "---\nlicense: mit\n---\n# x\n");
        File.WriteAllText(_folder["config.json"], "{}");
        File.WriteAllText(_folder["empty.txt"], "");
        File.WriteAllBytes(_folder["model.safetensors"], HuggingFaceStoreTests.Bytes(256_000));
        File.WriteAllBytes(_folder["small.safetensors"], HuggingFaceStoreTests.Bytes(5_000));
        NoMore("upload_folder", 2..15, () => Push("mh-labs/pushed", FakeHub.Token));
        NoMore("upload_folder", 18..22, () => Push("mh-labs/pushed", FakeHub.Token));
    }

    [Fact]
    public void Push_OfAProposal_OrWithoutTheRight_AsksForNoMore()
    {
        File.WriteAllText(_folder["note.md"], "hello");
        File.WriteAllBytes(_folder["x.safetensors"], new byte[3000]);
        NoMore("create_pr", ..5,
            () => Push(Model, FakeHub.Token, request => request with { Files = ["note.md", "x.safetensors"], IsProposal = true }));
        NoMore("write_refused", ..,
            () => Assert.Throws<HubException>(() => Push("mh-labs/nope", "hf_another", request => request with { Files = ["note.md"] })));
    }

    public void Dispose()
    {
        _connections.ForEach(connection => connection.Dispose());
        _hub.Dispose();
        _folder.Dispose();
    }

    private void NoMore(string scenario, Range part, Action work, int more = 0)
    {
        JsonNode?[] recorded = [.. _transcripts["scenarios"]![scenario]!["requests"]!.AsArray()];
        _hub.Requests.Clear();
        work();
        int most = recorded[part].Length + more;
        Assert.True(_hub.Requests.Count <= most, $"{scenario}: at most {most} requests, sent were {string.Join('\n', _hub.Requests)}");
    }

    private Uri AddressOf(JsonNode recorded, string path)
    {
        if ((string)recorded["server"]! == "hub")
        {
            string query = (string)recorded["query"]!;
            return new Uri($"{_hub.Endpoint}{path}{(query.Length > 0 ? "?" + query : "")}");
        }

        string file = (string)recorded["file"]!;
        return new Uri(
            $"{_hub.Storage}/{(_hub.Model(Model).Files.ContainsKey(file) ? _hub.Model(Model) : _hub.Model(Gated)).Digest(file)}");
    }

    private void Download(string name, Func<HubSettings, HubSettings>? change = null)
    {
        _hub.PageFiles = 1000;
        HubRepository repository = Repository(name, change);
        repository.Download(repository.Files, null, default);
    }

    private HubRepository Repository(string name, Func<HubSettings, HubSettings>? change = null)
    {
        HubSettings settings = _hub.Settings(_folder["cache"]);
        _connections.Add(new HubConnection(change?.Invoke(settings) ?? settings));
        return HubRepository.Open(_connections[^1], HubName.TryParse(name)!, default);
    }

    private void Push(string name, string token, Func<PublishRequest, PublishRequest>? change = null)
    {
        PublishRequest request = new(name, _folder.Path,
            ["README.md", "config.json", "empty.txt", "model.safetensors", "small.safetensors"]);
        using HubConnection hub = new(_hub.Settings(_folder["cache"], token));
        new HubPublisher(hub, HubName.TryParse(name)!, change?.Invoke(request) ?? request, _ => { }, null).Run(default);
    }
}
