using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using MergeHost.Cli.Output;
using MergeHost.Fakes;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>The schemas of mergehost.json and of what commands print with --json: they are those of the
/// types, and real outputs keep to them.</summary>
public sealed partial class OutputSchemaTests : IDisposable
{
    private const string Quickstart = "recipes/quickstart";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. OutputSchema.Kinds.Keys];

    /// <summary>MERGEHOST_REWRITE=1 writes the files; a change of a field that was there needs another
    /// version in <see cref="OutputSchema"/>.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_IsThatOfItsType(string name)
    {
        string path = Path.Combine(Cli.Repository, "src", "MergeHost.Cli", "Schemas", $"{name}.schema.json");
        string expected = SchemaText.Of(name, OutputSchema.Kinds[name]);
        if (Environment.GetEnvironmentVariable("MERGEHOST_REWRITE") == "1")
        {
            File.WriteAllText(path, expected);
            return;
        }

        Assert.Equal(expected, File.ReadAllText(path));
        Assert.DoesNotContain("\"description\": \"\"", expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_AndItsFile_KeepToTheManifestsSchema()
    {
        Keeps("manifest", "merge", "recipes/ties.yaml", _folder["out"]);
        KeepsText("manifest", File.ReadAllText(_folder["out/mergehost.json"]));
        Keeps("verify", "verify", _folder["out"]);
        Keeps("manifest", "convert", $"{Quickstart}/base", _folder["base.gguf"], "--type", "q8_0");
        Keeps("manifest", "merge", "recipes/spear-mm.yaml", _folder["selected"]);
    }

    [Theory]
    [InlineData("plan", "plan", "recipes/ties.yaml")]
    [InlineData("plan", "plan", "recipes/stages.yaml")]
    [InlineData("plan", "plan", "recipes/spear-mm.yaml")]
    [InlineData("plan", "plan", "recipes/window.yaml")]
    [InlineData("inspect", "inspect", $"{Quickstart}/base")]
    [InlineData("inspect", "inspect", $"{Quickstart}/base", $"{Quickstart}/math-lora")]
    [InlineData("compare", "compare", $"{Quickstart}/finance", $"{Quickstart}/math", "--base", $"{Quickstart}/base")]
    [InlineData("score", "score", $"{Quickstart}/base", $"{Quickstart}/math", "--scorer", "all")]
    [InlineData("doctor", "doctor")]
    [InlineData("explain", "explain")]
    [InlineData("explain", "explain", "MH1002")]
    [InlineData("plugins", "plugins", "list")]
    [InlineData("export", "plugins", "show", "ties")]
    [InlineData("export", "strategies")]
    [InlineData("export", "strategies", "explain", "ties")]
    [InlineData("cache", "cache", "list")]
    [InlineData("prune", "cache", "prune", "--dry-run")]
    public void Output_KeepsToItsSchema(string name, params string[] arguments) => Keeps(name, arguments);

    [Fact]
    public void Outputs_OfMeasuring_KeepToTheirSchemas()
    {
        string suite = Write("suite.yaml", "tasks: [{name: bits, benchmark: tensor_count}]");
        string study = Write("study.yaml", """
            study: bits
            suite: suite.yaml
            base_model: recipes/quickstart/base
            experts: {F: recipes/quickstart/finance, M: recipes/quickstart/math}
            methods: {TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {from: 0.5, to: 1, step: 0.5}}}}
            stages: [{name: recovery, merge: [F, M], settings: all}, {name: emergence, merge: [FM], settings: best}]
            """);
        string[] own = ["--plugins", Cli.FixturePlugins, "--cache", _folder["cache"]];
        Keeps("evaluate",
            ["evaluate", $"{Quickstart}/base", $"{Quickstart}/math", "--suite", suite, "--results", _folder["results"], .. own]);
        Keeps("compare-results",
            ["compare-results", .. Directory.GetFiles(_folder["results"], "results_*.json", SearchOption.AllDirectories)]);
        Keeps("sweep-part", ["sweep", study, "--part", "1/2", .. own]);
        Keeps("sweep", ["sweep", study, .. own]);
        string recipe = Write("recipe.yaml",
            $"merge_method: linear\nmodels: [{{model: {Quickstart}/base}}, {{model: {Quickstart}/math}}]\nparameters: {{weight: 0.5}}\n"
                + $"evaluate: {suite}\n");
        Keeps("manifest", ["merge", recipe, _folder["measured"], "--plugins", Cli.FixturePlugins]);
    }

    [Fact]
    public void Outputs_OfWhatIsWritten_KeepToTheirSchemas()
    {
        Keeps("init", "init", _folder["recipe.yaml"], "--method", "linear", "--model", $"{Quickstart}/base", "--model",
            $"{Quickstart}/math");
        Keeps("lock", "plugins", "lock", Write("locked.yaml", $"merge_method: passthrough\nmodels: [{{model: {Quickstart}/base}}]\n"));
        Keeps("jobs", "slurm", "merge", "recipes/linear.yaml", _folder["out"], "--parts", "2");
        Keeps("part", "merge", "recipes/linear.yaml", _folder["out"], "--part", "1/2");
        Keeps("parts", "slurm", "merge", "recipes/linear.yaml", _folder["out"], "--status");
        KeepsText("plugin-test", Cli.Run("plugins", "test", Path.Combine(Cli.FixturePlugins, "transforms"), "--json").Output);
        Keeps("overlap", "overlap", "recipes/suites/quickstart.yaml", "recipes/suites/family/general.txt");
        Keeps("statistics", "statistics", $"{Quickstart}/base", _folder["statistics.safetensors"], "--text",
            "recipes/suites/family/general.txt", "--tokens", "512");
    }

    [Fact]
    public void Outputs_OfAHub_KeepToTheirSchemas()
    {
        using FakeHub hub = new();
        hub.Add("org/base",
            new[] { "config.json", "model.safetensors" }
                .Select(file => (file, File.ReadAllBytes(Path.Combine(Cli.Repository, Quickstart, "base", file)))));
        hub.Add("org/made");
        Assert.Equal(0, Cli.Run("merge", "recipes/linear.yaml", _folder["out"]).ExitCode);
        (string, string)[] asked = [("HF_HUB_OFFLINE", "0"), ("HF_ENDPOINT", hub.Endpoint), ("HF_TOKEN", FakeHub.Token),
            ("HF_HOME", _folder["home"])];
        KeepsText("download", Output(asked, "download", "org/base"));
        KeepsText("cache", Output(asked, "cache", "list"));
        KeepsText("prune", Output(asked, "cache", "prune", "--dry-run", "org/base"));
        KeepsText("verify", Output(asked, "cache", "verify"));
        KeepsText("push", Output(asked, "push", _folder["out"], "org/made"));
    }

    [Fact]
    public void Output_OfAServer_KeepsToItsSchema()
    {
        using Cli server = Cli.Start(["serve", $"{Quickstart}/base", "--port", "0", "--json"]);
        while (!server.Output.EndsWith("}\n", StringComparison.Ordinal) && !server.HasExited)
        {
            Thread.Sleep(20);
        }

        server.Kill();
        KeepsText("serve", server.Output);
    }

    // What a plugin logs and a libtorch that is fetched are nobody's here; what is printed of them is.
    [Fact]
    public void Output_OfALogAndOfLibtorch_KeepToTheirSchemas()
    {
        Check("log", JsonSerializer.Serialize(new LogEvent("warning", "Acme", "a line"), JsonPrinter.Document));
        KeepsText("torch", JsonSerializer.Serialize(new InstalledTorch("cpu", "/cache/libtorch", WasThere: false), JsonPrinter.Document));
    }

    [Fact]
    public void Lines_OnStderr_KeepToTheirSchemas()
    {
        CliResult wrong = Cli.Run("plan", Write("wrong.yaml", "merge_method: tiess\nmodels: [{model: nowhere/at/all}]\n"), "--json");
        Assert.All(Lines(wrong.Talk), line => Check("problem", line));
        Assert.NotEmpty(Lines(wrong.Talk));
        string[] talk = Lines(Cli.Run("merge", "recipes/ties.yaml", _folder["out"], "--json").Talk);
        Assert.Contains(talk, line => line.Contains("\"event\":\"progress\"", StringComparison.Ordinal));
        Assert.All(talk, line => Check((string)JsonNode.Parse(line)!["event"]! == "progress" ? "progress" : "problem", line));
    }

    [Fact]
    public void Schema_OfTheCommand_IsTheFile_AndAnotherNameIsSuggested()
    {
        Assert.Equal(OutputSchema.Read("plan"), Cli.Run("schema", "plan").Output);
        CliResult wrong = Cli.Run("schema", "plna");
        Assert.Equal((2, true), (wrong.ExitCode, wrong.Talk.Contains("did you mean 'plan'", StringComparison.Ordinal)));
    }

    [Fact]
    public void Commands_PrintNothingThatHasNoSchema() => Assert.DoesNotMatch(Nameless(), string.Concat(
        Directory.GetFiles(Path.Combine(Cli.Repository, "src", "MergeHost.Cli"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)));

    public void Dispose() => _folder.Dispose();

    private string Write(string name, string text)
    {
        File.WriteAllText(_folder[name], text);
        return _folder[name];
    }

    private static void Keeps(string name, params string[] arguments) => KeepsText(name, Output([], arguments));

    private static string Output((string, string)[] environment, params string[] arguments)
    {
        using Cli cli = Cli.Start([.. arguments, "--json"], environment);
        CliResult result = cli.Wait();
        Assert.True(result.ExitCode == 0, result.Talk);
        return result.Output;
    }

    /// <summary>Holds what was printed, a document or a list of them, against its schema.</summary>
    internal static void KeepsText(string name, string text)
    {
        JsonNode output = JsonNode.Parse(text)!;
        foreach (JsonNode? one in output is JsonArray list ? list.ToArray() : [output])
        {
            Check(name, one!.ToJsonString());
            Assert.Equal($"{name}/{OutputSchema.Kinds[name].Version}", (string?)one["schema"]);
        }
    }

    private static void Check(string name, string json)
    {
        JsonSchema schema = JsonSchema.FromText(SchemaText.Closed(JsonNode.Parse(OutputSchema.Read(name))!).ToJsonString(),
            new BuildOptions { SchemaRegistry = new SchemaRegistry() });
        EvaluationResults results = schema.Evaluate(JsonDocument.Parse(json).RootElement,
            new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid,
            $"{name}: " + string.Join('\n', (results.Details ?? []).Where(detail => detail.Errors is not null).Select(detail =>
                 $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}")));
    }

    private static string[] Lines(string talk) => talk.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"(printer\.Write|WriteLine)\(new \{")]
    private static partial Regex Nameless();
}
