using MergeHost.Plugins.HuggingFace.Hub;
using MergeHost.Plugins.HuggingFace.Hub.Names;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.HuggingFace;

/// <summary>Names, addresses and settings, without a network.</summary>
public sealed class HubRulesTests
{
    [Theory]
    [InlineData("org/name", "org/name", "main", "")]
    [InlineData("org/name@v1.0", "org/name", "v1.0", "")]
    [InlineData("org/name@dev/exp", "org/name", "dev/exp", "")]
    [InlineData("hf:gpt2", "gpt2", "main", "")]
    [InlineData("hf:org/name", "org/name", "main", "")]
    [InlineData("hf:org/name/sub/x.gguf", "org/name", "main", "sub/x.gguf")]
    [InlineData("hf:org/name@v1/sub/", "org/name", "v1", "sub")]
    [InlineData("hf:org/name@refs/pr/7/sub", "org/name", "refs/pr/7", "sub")]
    [InlineData("hf:org/name@dev%2Fexp/sub", "org/name", "dev/exp", "sub")]
    public void TryParse_OfAName_TakesItApart(string text, string repository, string revision, string path) =>
        Assert.Equal(new HubName(repository, revision, path), HubName.TryParse(text));

    [Fact]
    public void TryParse_OfADatasetsFile_TakesItApart() =>
        Assert.Equal(new HubName("org/name", "v1", "data/x.jsonl") { IsDataset = true },
            HubName.TryParse("hf-dataset:org/name@v1/data/x.jsonl"));

    // A name is no better than the address that it stands for.
    [Theory]
    [InlineData("203.0.113.1", "10.0.0.1", false)]
    [InlineData("203.0.113.1", "::ffff:127.0.0.1", false)]
    [InlineData("10.0.0.2", "10.0.0.1", true)]
    public void Follow_ToANameOfAPrivateAddress_IsRefusedUnlessTheHubIsThere(string hubAddress, string otherAddress, bool isAllowed)
    {
        HubSettings settings = new(new Uri("https://hub.example"), "cache", null) { Timeout = TimeSpan.FromSeconds(5) };
        using HubConnection hub = new(settings,
            (host, _) =>
                Task.FromResult(new[] { System.Net.IPAddress.Parse(isAllowed
                    ? "127.0.0.1"
                    : host == "hub.example" ? hubAddress : otherAddress) }));
        Exception exception = Assert.ThrowsAny<Exception>(() => hub.Follow(new Uri("http://other.example:9"), null, "x", null, default));
        Assert.Equal(isAllowed ? null : HubFault.Address, (exception as HubException)?.Fault);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("a/b/c")]
    [InlineData("org/../etc")]
    [InlineData("org/..")]
    [InlineData("./a/b")]
    [InlineData("org/na--me")]
    [InlineData("org/name.git")]
    [InlineData("-org/name")]
    [InlineData("org/name@a@b")]
    [InlineData("org/name@../../x")]
    [InlineData("hf:org/name@main/../x")]
    [InlineData("hf:org/name@%2E%2E")]
    [InlineData("hf:org/name@a%2F..%2Fb")]
    [InlineData("hf:")]
    [InlineData("hf:/x")]
    [InlineData("örg/name")]
    public void TryParse_OfWhatIsNoName_GivesNothing(string text) => Assert.Null(HubName.TryParse(text));

    [Theory]
    [InlineData("https://hub.example", "/api/x", true, true)]
    [InlineData("https://hub.example", "https://hub.example:443/x", true, true)]
    [InlineData("https://hub.example", "https://HUB.example/x", true, true)]
    [InlineData("https://hub.example", "https://cdn.example.net/x", true, false)]
    [InlineData("https://hub.example", "//cdn.example.net/x", true, false)]
    [InlineData("https://hub.example", "https://hub.example.net/x", true, false)]
    [InlineData("https://hub.example", "https://hub.example:8443/x", true, false)]
    [InlineData("https://hub.example", "https://hub.example@example.net/x", false, false)]
    [InlineData("https://hub.example", "http://hub.example/x", false, false)]
    [InlineData("https://hub.example", "file:///etc/hosts", false, false)]
    [InlineData("https://hub.example", "data:text/plain,x", false, false)]
    [InlineData("https://hub.example", "https://127.0.0.1/x", false, false)]
    [InlineData("https://hub.example", "https://10.1.2.3/x", false, false)]
    [InlineData("https://hub.example", "https://169.254.169.254/x", false, false)]
    [InlineData("https://hub.example", "https://[::1]/x", false, false)]
    [InlineData("https://hub.example", "https://[fe80::1]/x", false, false)]
    [InlineData("https://hub.example", "https://[::ffff:10.0.0.1]/x", false, false)]
    [InlineData("https://hub.example", "https://0x7f.1/x", false, false)]
    [InlineData("https://hub.example", "https://localhost/x", false, false)]
    [InlineData("https://hub.example", "https:///x", false, false)]
    [InlineData("https://hub.example", "https://cdn.example.net/a\\b", false, false)]
    [InlineData("https://hub.example", "", false, false)]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", true, true)]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8081/x", true, false)]
    [InlineData("http://127.0.0.1:8080", "http://localhost:8080/x", true, false)]
    public void Follow_OfARedirect_RefusesWhereNoHubLeads_AndTellsWhereTheTokenGoes(string endpoint, string location, bool isFollowed,
        bool hasToken)
    {
        Uri hub = new(endpoint);
        Uri? to = HubAddress.Follow(hub, new Uri(hub, "/org/name"), location);
        Assert.Equal((isFollowed, hasToken), (to is not null, to?.HasOrigin(hub) == true));
    }

    [Theory]
    [InlineData("a/b.json", true)]
    [InlineData("Modèle 1.json", true)]
    [InlineData("a//b", false)]
    [InlineData("./a", false)]
    [InlineData("a/../b", false)]
    [InlineData("a:b", false)]
    [InlineData("C:/x", false)]
    [InlineData("aux.json", false)]
    [InlineData("x.", false)]
    [InlineData("x ", false)]
    [InlineData(".git/config", false)]
    [InlineData("x\u0001", false)]
    public void IsSafe_OfAPath_IsWhetherAnySystemHasItInItsFolder(string path, bool isSafe) => Assert.Equal(isSafe, HubPath.IsSafe(path));

    [Fact]
    public void IsSafe_OfHalfACharacter_IsFalse() => Assert.False(HubPath.IsSafe("a\ud800"));

    [Theory]
    [InlineData("a.json|A.json", "A.json")]
    [InlineData("e\u0301|\u00e9", "\u00e9")]
    [InlineData("a|a/b", "a/b")]
    [InlineData("a|b|c/d", null)]
    public void FirstUnsafe_OfPathsThatMeetOnSomeSystems_IsTheLater(string paths, string? found) =>
        Assert.Equal(found, HubPath.FirstUnsafe(paths.Split('|')));

    [Fact]
    public void Settings_OfAnEnvironment_AreThoseOfOtherPrograms()
    {
        using TemporaryFolder home = new();
        File.WriteAllText(home["token"], " hf_stored \r\n");
        HubSettings plain = Read(("HF_HOME", home.Path));
        Assert.Equal((home["hub"], "hf_stored", false, 10.0),
            (plain.CacheFolder, plain.Token, plain.IsOffline, plain.Timeout.TotalSeconds));
        Assert.Equal("hf_env", Read(("HF_HOME", home.Path), ("HF_TOKEN", "hf_env")).Token);
        Assert.Null(Read(("HF_HOME", home.Path), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "yes")).Token);
        Assert.Equal("hf_stored", Read(("HF_TOKEN_PATH", home["token"]), ("HOME", "/nowhere")).Token);
        Assert.Equal("/u/.cache/huggingface/hub", Read(("HOME", "/u")).CacheFolder);
        Assert.Equal("/x/huggingface/hub", Read(("HOME", "/u"), ("XDG_CACHE_HOME", "/x")).CacheFolder);
        Assert.Equal("/u/c", Read(("HOME", "/u"), ("HF_HUB_CACHE", "$HOME/c")).CacheFolder);
        Assert.True(Read(("HOME", "/u"), ("TRANSFORMERS_OFFLINE", "1")).IsOffline);
        Assert.False(Read(("HOME", "/u"), ("TRANSFORMERS_OFFLINE", "1"), ("HF_HUB_OFFLINE", "0")).IsOffline);
        Assert.Equal(3, Read(("HOME", "/u"), ("HF_HUB_DOWNLOAD_TIMEOUT", "3")).Timeout.TotalSeconds);
        Assert.Equal(new Uri("http://h:1/p"), Read(("HOME", "/u"), ("HF_ENDPOINT", "http://h:1/p//")).Endpoint);
    }

    [Theory]
    [InlineData("HF_ENDPOINT", "ftp://x")]
    [InlineData("HF_ENDPOINT", "nothing")]
    [InlineData("HF_TOKEN", "hf two")]
    public void Settings_ThatCannotBe_AreNamed(string name, string value)
    {
        HubException exception = Assert.Throws<HubException>(() => Read(("HOME", "/u"), (name, value)));
        Assert.DoesNotContain(value, exception.Message, StringComparison.Ordinal);
    }

    private static HubSettings Read(params (string Name, string Value)[] environment) =>
        HubSettings.Read(name => environment.Where(pair => pair.Name == name).Select(pair => pair.Value).FirstOrDefault());
}
