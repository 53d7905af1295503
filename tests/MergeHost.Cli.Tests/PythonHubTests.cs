using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The program against a hub in Python that the hub's own client works with; where
/// there is no Python 3, nothing is tested.</summary>
public sealed class PythonHubTests : IDisposable
{
    private static readonly string _hubFolder = Path.Combine(Cli.Repository, "tests", "fixtures", "hub");

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private Process? _hub;
    private string _endpoint = "";

    [PythonFact]
    public void Merge_OverConnectionsThatBreakAndAddressesThatExpire_IsThatOfTheFiles()
    {
        Start();
        Assert.Equal(0, Run("merge", Recipe("near", _folder["repos/models/org"]), _folder["near"]).ExitCode);
        foreach (string how in new[] { "cached", "streamed" })
        {
            Faults("""[{"where": "cdn", "match": "^GET", "mode": "drop", "at": 3000, "burn": true, "times": 2}, """
                + """{"where": "cdn", "match": "^GET", "mode": "status", "code": 429, "headers": {"Retry-After": "1"}, "times": 1}]""");
            CliResult result = Run([.. new[] { "merge", Recipe("far", "hf:org"), _folder[how] },
                .. how == "streamed" ? new[] { "--stream" } : []]);
            Assert.True(result.ExitCode == 0, result.Talk);
            Assert.Equal(File.ReadAllBytes(_folder["near/model.safetensors"]), File.ReadAllBytes(_folder[$"{how}/model.safetensors"]));
            Assert.Contains("\"hf:org/one@", File.ReadAllText(_folder[$"{how}/mergehost.json"]), StringComparison.Ordinal);
            Directory.Delete(_folder["home"], recursive: true);
        }
    }

    [PythonTheory]
    [InlineData("--stream")]
    [InlineData("--quiet")]
    public void Merge_OfOtherBytes_IsRefusedAndLeavesNothingThatLooksWhole(string option)
    {
        Start();
        Faults("""[{"where": "cdn", "match": "^GET", "mode": "flip", "at": 3000}]""");
        CliResult result = Run("merge", Recipe("far", "hf:org"), _folder["out"], option);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("MH7007", result.Talk, StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(_folder["out"]) ? Directory.GetFiles(_folder["out"], "*.safetensors") : []);
        Faults("[]");
        Assert.Equal(0, Run("merge", Recipe("far", "hf:org"), _folder["out"], option).ExitCode);
        Assert.Equal(0, Run("verify", _folder["out"]).ExitCode);
    }

    // The card of the output is made of the cards of what was merged, which a branch may no longer be.
    [PythonFact]
    public void Merge_AsksOnceWhatARevisionIs()
    {
        Start();
        Assert.Equal(0, Run("merge", Recipe("far", "hf:org"), _folder["out"], "--stream").ExitCode);
        Assert.True(File.Exists(_folder["out/README.md"]));
        string log = _client.GetStringAsync(new Uri($"{_endpoint}/_fake/log")).GetAwaiter().GetResult();
        Assert.All((string[])["one", "two"],
            name => Assert.Single(log.Split('\n'), line => line.Contains($"/api/models/org/{name}/revision/", StringComparison.Ordinal)));
    }

    [PythonFact]
    public void Download_FillsTheCacheAsItsOtherProgramsHaveIt()
    {
        Start();
        Assert.Equal(0, Run("download", "org/one").ExitCode);
        Assert.Equal(0, Run("cache", "verify").ExitCode);
        Assert.Contains("hf:org/one", Run("cache", "list").Output, StringComparison.Ordinal);
        using Process check = Process.Start(new ProcessStartInfo("python3",
            [Path.Combine(_hubFolder, "check_cache_plain.py"), _folder["home/hub"]])
        { RedirectStandardOutput = true })!;
        Assert.EndsWith("1 repos, 0 problems\n", check.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
    }

    [PythonFact]
    public void Push_OfAMerge_MakesOneCommit_AndASecondSendsNothing()
    {
        Start();
        Assert.Equal(0, Run("merge", Recipe("near", _folder["repos/models/org"]), _folder["out"]).ExitCode);
        Assert.Equal(0, Run("push", _folder["out"], "org/merged", "--private").ExitCode);
        JsonNode repository = Ask("repo?id=org/merged");
        JsonObject tree = repository["commits"]![(string)repository["refs"]!["main"]!]!["tree"]!.AsObject();
        Assert.Superset(new HashSet<string> { "config.json", "mergehost.json", "model.safetensors" },
            tree.Select(file => file.Key).ToHashSet());
        Assert.Equal((2, true), (repository["commits"]!.AsObject().Count, (bool)repository["private"]!));
        Assert.Contains("up to date", Run("push", _folder["out"], "org/merged").Output, StringComparison.Ordinal);
        Assert.Empty(Ask("stats")["leaks"]!.AsArray());
    }

    [PythonFact]
    public void Evaluate_ByAFileOfADataset_FetchesIt()
    {
        Directory.CreateDirectory(_folder["repos/datasets/org/texts"]);
        File.WriteAllText(_folder["repos/datasets/org/texts/lines.txt"],
            string.Concat(Enumerable.Repeat("Revenue rose, and costs fell.\n", 8)));
        Start();
        string suite = _folder["suite.yaml"];
        File.WriteAllText(suite,
            "suite: texts\ntasks:\n- {name: texts, benchmark: perplexity, data: 'hf-dataset:org/texts/lines.txt', window: 32}\n");
        CliResult result = Run("evaluate", Path.Combine(Cli.Repository, "recipes", "quickstart", "base"), "--suite", suite, "--no-cache");
        Assert.True(result.ExitCode == 0, result.Talk);
        Assert.True(Directory.Exists(_folder["home/hub/datasets--org--texts"]));
        File.WriteAllText(suite, File.ReadAllText(suite).Replace("lines.txt", "none.txt", StringComparison.Ordinal));
        Assert.Contains("MH7003",
            Run("evaluate", Path.Combine(Cli.Repository, "recipes", "quickstart", "base"), "--suite", suite, "--no-cache").Talk,
            StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _hub?.Kill();
        _hub?.Dispose();
        _client.Dispose();
        _folder.Dispose();
    }

    private void Start()
    {
        foreach ((string name, int seed) in new[] { ("one", 1), ("two", 2) })
        {
            TinyCheckpoint.Llama(seed: seed).Write(_folder[$"repos/models/org/{name}"]);
        }

        File.WriteAllText(_folder["repos/users.json"], """{"hf_writer": {"name": "alice", "role": "write", "orgs": ["org"]}}""");
        _hub = Process.Start(new ProcessStartInfo("python3",
            [Path.Combine(_hubFolder, "fakehub.py"), "--root", _folder["repos"], "--multipart", "2000"])
        {
            RedirectStandardOutput = true
        })!;
        _endpoint = (string)JsonNode.Parse(_hub.StandardOutput.ReadLine()!)!["hub"]!;
    }

    private string Recipe(string name, string owner)
    {
        string path = _folder[$"{name}.yaml"];
        File.WriteAllText(path,
            $"merge_method: linear\nmodels: [{{model: '{owner}/one'}}, {{model: '{owner}/two'}}]\nparameters: {{weight: 0.5}}\n");
        return path;
    }

    private CliResult Run(params string[] arguments)
    {
        using Cli cli = Cli.Start(arguments, ("HF_ENDPOINT", _endpoint), ("HF_HOME", _folder["home"]), ("HF_TOKEN", "hf_writer"),
            ("HF_HUB_OFFLINE", "0"));
        return cli.Wait();
    }

    private void Faults(string rules)
    {
        using StringContent content = new(rules, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = _client.PostAsync(new Uri($"{_endpoint}/_fake/faults"), content).GetAwaiter().GetResult();
        Assert.True(answer.IsSuccessStatusCode);
    }

    private JsonNode Ask(string what) => _client.GetFromJsonAsync<JsonNode>(new Uri($"{_endpoint}/_fake/{what}")).GetAwaiter().GetResult()!;

    private static bool HasPython =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "python3")));

    private sealed class PythonFactAttribute : FactAttribute
    {
        public PythonFactAttribute() => Skip = HasPython ? null : "there is no python3";
    }

    private sealed class PythonTheoryAttribute : TheoryAttribute
    {
        public PythonTheoryAttribute() => Skip = HasPython ? null : "there is no python3";
    }
}
