using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Plugins.HuggingFace.Publishing;
using MergeHost.Stores;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>Pushing to a hub: what is sent, in which order, and what happens when it goes wrong.</summary>
public sealed class HubPublisherTests : IDisposable
{
    private const string Name = "org/pushed";

    private readonly FakeHub _hub = new();
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _weights = HuggingFaceStoreTests.Bytes(100_000);

    public HubPublisherTests()
    {
        File.WriteAllText(_folder["README.md"], "---\nlicense: mit\n---\n# Merged\n");
        File.WriteAllText(_folder["config.json"], "{}");
        File.WriteAllText(_folder["left-alone.txt"], "x");
        File.WriteAllBytes(_folder["model.safetensors"], _weights);
    }

    [Fact]
    public void Publish_OfAnOutput_LooksAtTheCardFirst_AndMakesOneCommitOfWhatIsNamed()
    {
        PublishedCheckpoint published = Publish(request => request with { IsPrivate = true, Message = "Merge two" });
        FakeCommit commit = Assert.Single(_hub.Commits);
        Assert.Equal(("Merge two", "README.md config.json model.safetensors"), (commit.Summary, string.Join(' ', commit.Paths)));
        Assert.True(_hub.Model(Name).IsPrivate);
        Assert.Equal(_weights, _hub.Model(Name).Files["model.safetensors"]);
        Assert.StartsWith("POST /api/validate-yaml", _hub.Requests.First(), StringComparison.Ordinal);
        Assert.Empty(_hub.Leaks);
        Assert.Equal((true, $"hf:{Name}@{_hub.Model(Name).Branches["main"]}"), (published.IsChanged, published.Name));
    }

    [Fact]
    public void Publish_ASecondTime_SendsNothing()
    {
        Publish();
        long before = _hub.UploadedBytes;
        Assert.False(Publish().IsChanged);
        Assert.Equal((before, 1), (_hub.UploadedBytes, _hub.Commits.Count));
    }

    [Fact]
    public void Publish_InParts_SendsEachOnce()
    {
        _hub.PartBytes = 30_000;
        Publish();
        Assert.Equal(_weights, _hub.Model(Name).Files["model.safetensors"]);
        Assert.Equal(4, _hub.Requests.Count(request => request.StartsWith("PUT", StringComparison.Ordinal)));
        Assert.Equal(100_000, _hub.UploadedBytes);
    }

    [Fact]
    public void Publish_WhenAPartFails_SendsItAgain()
    {
        int times = 1;
        _hub.PartBytes = 30_000;
        _hub.Fault = request => request.Request.Method == "PUT" && times-- > 0 && FakeHub.Status(request, 500);
        Publish();
        Assert.Equal(_weights, _hub.Model(Name).Files["model.safetensors"]);
    }

    [Fact]
    public void Publish_WhenTheAddressExpired_AsksForAnother()
    {
        int times = 1;
        _hub.Fault = request => request.Request.Method == "PUT" && times-- > 0 && FakeHub.Status(request, 403);
        Publish();
        Assert.Equal(2, _hub.Requests.Count(request => request.Contains("/batch", StringComparison.Ordinal)));
    }

    [Fact]
    public void Publish_AfterAnUploadThatWasNotCommitted_DoesNotUploadAgain()
    {
        _hub.Fault = request => FakeHub.Target(request).Contains("/commit/", StringComparison.Ordinal) && FakeHub.Status(request, 400);
        Assert.Throws<HubException>(() => Publish());
        _hub.Fault = _ => false;
        Publish();
        Assert.Equal(100_000, _hub.UploadedBytes);
    }

    [Fact]
    public void Publish_WhenTheCommitsAnswerIsLost_LooksRatherThanCommitsAgain()
    {
        _hub.LosesAnswers = true;
        Assert.True(Publish().IsChanged);
        Assert.Single(_hub.Commits);
    }

    [Fact]
    public void Publish_WhenSomebodyElsePushed_ChangesNothing()
    {
        _hub.Add(Name);
        _hub.Fault = request =>
        {
            if (request.Request.Method == "PUT")
            {
                _hub.Model(Name).Branches["main"] = new string('1', 40);
            }

            return false;
        };
        Assert.Contains("somebody else has pushed", Assert.Throws<HubException>(() => Publish()).Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Commits);
    }

    [Fact]
    public void Publish_OfACardThatTheHubDoesNotTake_SendsNothingElse()
    {
        File.WriteAllText(_folder["README.md"], "---\nbase_model_relation: blended\n---\n");
        HubException exception = Assert.Throws<HubException>(() => Publish());
        Assert.Equal(HubFault.Card, exception.Fault);
        Assert.Contains("base_model_relation", exception.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/elsewhere")]
    [InlineData("file:///tmp/x")]
    public void Publish_WhenTheUploadIsSentElsewhere_IsRefused(string location)
    {
        _hub.Fault = request => request.Request.Method == "PUT" && FakeHub.Status(request, 307, ("Location", location));
        Assert.Equal(HubFault.Address, Assert.Throws<HubException>(() => Publish()).Fault);
        Assert.Empty(_hub.Leaks);
    }

    [Fact]
    public void Publish_AsAProposal_LeavesTheBranchAsItIs()
    {
        _hub.Add(Name);
        PublishedCheckpoint published = Publish(request => request with { IsProposal = true });
        Assert.True(Assert.Single(_hub.Commits).IsProposal);
        Assert.Empty(_hub.Model(Name).Files);
        Assert.EndsWith("/discussions/1", published.Address, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Requests,
            request => request.Contains("/create", StringComparison.Ordinal) && !request.Contains("create_pr", StringComparison.Ordinal));
    }

    [Fact]
    public void Publish_ToABranch_MakesIt()
    {
        Publish(name: Name + "@try/one");
        Assert.NotEqual(_hub.Model(Name).Branches["main"], _hub.Model(Name).Branches["try/one"]);
    }

    [Fact]
    public void Publish_WithoutAToken_SendsNothing()
    {
        Assert.Equal(HubFault.Denied, Assert.Throws<HubException>(() => Publish(token: null)).Fault);
        Assert.Empty(_hub.Requests);
    }

    [Theory]
    [InlineData(".git/config")]
    [InlineData(".cache/x")]
    [InlineData("a:b")]
    public void Publish_OfAFileNameThatMustNotBe_IsRefused(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!);
        File.WriteAllText(_folder[path], "x");
        Assert.Equal(HubFault.UnsafeName, Assert.Throws<HubException>(() => Publish(request => request with { Files = [path] })).Fault);
        Assert.Empty(_hub.Requests);
    }

    public void Dispose()
    {
        _hub.Dispose();
        _folder.Dispose();
    }

    private PublishedCheckpoint Publish(Func<PublishRequest, PublishRequest>? change = null, string name = Name,
        string? token = FakeHub.Token)
    {
        PublishRequest request = new(name, _folder.Path, ["README.md", "config.json", "model.safetensors"]);
        using HubConnection hub = new(_hub.Settings(_folder["cache"], token));
        return new HubPublisher(hub, HubName.TryParse(name)!, change?.Invoke(request) ?? request, _ => { }, null).Run(default);
    }
}
