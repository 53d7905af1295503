using System.IO.Compression;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>Plugins that are made outside the repository as a third party would, from the packed contracts alone: those of the fixtures and that of the README.</summary>
public sealed partial class ThirdParty
{
    private readonly string _folder;

    public ThirdParty(Workshop workshop)
    {
        _folder = workshop["third-party"];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Cli.Repository, "tests/fixtures/third-party"), "*", SearchOption.AllDirectories))
        {
            string name = Path.GetFileName(Path.GetDirectoryName(file)!);
            File.Copy(file, Path.Combine(workshop[$"third-party/{name}"], Path.GetFileName(file)));
        }

        string readme = File.ReadAllText(Path.Combine(Cli.Repository, "README.md"));
        Dictionary<string, string> code = CodeBlock.Matches(readme).ToDictionary(match => match.Groups["language"].Value, match => match.Groups["code"].Value);
        string lerp = workshop["third-party/Acme.Lerp"];
        File.WriteAllText(Path.Combine(lerp, "Acme.Lerp.csproj"), code["xml"]);
        File.WriteAllText(Path.Combine(lerp, "LerpStrategy.cs"), code["csharp"]);
        Assert.Equal("", Workshop.Dotnet(_folder, "build", Workshop.Solution(_folder)));
    }

    [GeneratedRegex(@"```(?<language>csharp|xml)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock { get; }

    /// <summary>The folder of a plugin's project.</summary>
    public string this[string project] => Path.Combine(_folder, project);
}

[Collection(Workshop.Name)]
public sealed class ThirdPartyPluginTests(Workshop workshop, ThirdParty plugins) : IClassFixture<ThirdParty>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Strategy_OfTheReadme_IsListedAndMerges()
    {
        CliResult listed = Run("Acme.Lerp", "plugins", "list");
        Assert.Contains("acme-lerp", listed.Output, StringComparison.Ordinal);
        Assert.Equal("", listed.Talk);
        Merge("Acme.Lerp", """
            merge_method: acme_lerp
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/math}]
            parameters: {t: 0.5}
            """);
        Assert.Equal(0, Cli.Run("verify", _folder["out"]).ExitCode);
    }

    [Fact]
    public void Alignment_OfTheFixtures_LeavesOutWhatOneModelHasAlone()
    {
        TinyCheckpoint.Llama().Write(_folder["a"]);
        TinyCheckpoint.Llama(seed: 2).Add("score.weight", DType.BF16, [2, 4]).Write(_folder["b"]);
        const string recipe = "merge_method: linear\nmodels: [{model: a, parameters: {weight: 0.5}}, {model: b, parameters: {weight: 0.5}}]\n";
        Assert.Contains("'score.weight'", Try("Acme.Common", "merge", Recipe(recipe), _folder["out"]).Talk, StringComparison.Ordinal);
        Merge("Acme.Common", recipe + "align: [{acme_common: {prefix: score}}]");
        Assert.DoesNotContain("score.weight", Cli.Run("inspect", _folder["out"], "--tensors").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Builder_OfTheFixtures_MakesAShallowerModel()
    {
        Merge("Acme.Thin", "build: {acme_thin: {model: recipes/quickstart/base, of: 2}}");
        string tensors = Cli.Run("inspect", _folder["out"], "--tensors").Output;
        Assert.Contains("model.layers.1.mlp.up_proj.weight", tensors, StringComparison.Ordinal);
        Assert.DoesNotContain("model.layers.2.", tensors, StringComparison.Ordinal);
        Assert.Contains("\"num_hidden_layers\":2", File.ReadAllText(Path.Combine(_folder["out"], "config.json")).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Store_OfTheFixtures_ServesACheckpointInAnArchive()
    {
        ZipFile.CreateFromDirectory(Path.Combine(Cli.Repository, "recipes/quickstart/math"), _folder["math.zip"]);
        Merge("Acme.Zip", $"merge_method: passthrough\nmodels: [{{model: 'zip:{_folder["math.zip"]}'}}]");
        Assert.Contains("  whole    0   1", Cli.Run("compare", "recipes/quickstart/math", _folder["out"]).Output, StringComparison.Ordinal);
    }

    // A runtime that is not ours, asked by a benchmark that is not ours: log softmax of one logit of 1 among 256.
    [Fact]
    public void Benchmark_OfTheFixtures_ScoresLinesByTheRuntimeOfTheFixtures()
    {
        float[] logits = new float[256];
        logits['e'] = 1;
        new TinyCheckpoint().Add("letters.weight", DType.BF16, [256], logits).Write(_folder["model"]);
        File.WriteAllText(_folder["lines.txt"], "The\n\n!\n");
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: lines, benchmark: acme_lines, data: lines.txt}]");

        JsonNode summary = JsonNode.Parse(Run("Acme.Letters", "evaluate", _folder["model"], "--suite", _folder["suite.yaml"], "--no-cache", "--json").Output)!;

        JsonNode task = summary["models"]![0]!["tasks"]![0]!;
        Assert.Equal(0.5 - Math.Log(255 + Math.E), (double)task["value"]!, 1e-12);
        Assert.Equal(1, (int)task["count"]!);
    }

    [Theory]
    [InlineData("Acme.Lerp", "strategy 'acme_lerp' of plugin 'acme-lerp' 1.0.0: keeps its")]
    [InlineData("Acme.Common", "alignment 'acme_common' of plugin 'acme-common' 1.0.0: keeps its")]
    [InlineData("Acme.Thin", "builder 'acme_thin' of plugin 'acme-thin' 1.0.0: not tried")]
    public void Test_OfAPluginThatKeepsItsContract_SaysSo(string project, string result) =>
        Assert.Contains(result, Run(project, "plugins", "test", Path.Combine(plugins[project], "bin/plugins")).Output, StringComparison.Ordinal);

    [Fact]
    public void Build_OfAnExportThatIsNoStrategy_IsRefusedByTheRulesOfThePackage()
    {
        string folder = workshop["Acme.Wrong"];
        File.Copy(Path.Combine(plugins["Acme.Lerp"], "Acme.Lerp.csproj"), Path.Combine(folder, "Acme.Wrong.csproj"));
        File.WriteAllText(Path.Combine(folder, "Wrong.cs"), """[MergeStrategy("acme_wrong")] public sealed class Wrong;""");
        Assert.Contains("error MH0013: 'Wrong' is exported as IMergeStrategy and does not implement it", Workshop.Dotnet(folder, "build"), StringComparison.Ordinal);
    }

    [Fact]
    public void Test_OfAPluginThatBreaksItsContract_NamesTheLawsAndExitsWith5()
    {
        CliResult tried = Cli.Run("plugins", "test", Path.Combine(Cli.FixturePlugins, "transforms"), "--json");
        Assert.Equal(5, tried.ExitCode);
        JsonArray exports = JsonNode.Parse(tried.Output)!.AsArray();
        JsonNode broken = exports.Single(export => (string)export!["id"]! == "test_broken")!["broken"]![0]!;
        Assert.Equal("Apply_GivesTensorsOfUniqueNamesThatCanBeRead", (string)broken["law"]!);
        Assert.Contains("   at Fixture.Transforms.BrokenTransform.Apply", (string)broken["message"]!, StringComparison.Ordinal);

        // Nobody can make up the path that it needs.
        Assert.Null(exports.Single(export => (string)export!["id"]! == "test_sum")!["laws"]);
    }

    [Fact]
    public void Test_OfAFolderWithoutPlugins_SaysSo() => Assert.Contains("there is no plugin", Cli.Run("plugins", "test", _folder.Path).Talk, StringComparison.Ordinal);

    private void Merge(string project, string recipe) => Run(project, "merge", Recipe(recipe), _folder["out"]);

    private string Recipe(string content)
    {
        File.WriteAllText(_folder["recipe.yaml"], content);
        return _folder["recipe.yaml"];
    }

    private CliResult Run(string project, params string[] arguments)
    {
        CliResult result = Try(project, arguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Talk);
        return result;
    }

    // As `cp -r bin/plugins ~/.mergehost/`.
    private CliResult Try(string project, params string[] arguments)
    {
        using Cli cli = Cli.Start(arguments, ("MERGEHOST_HOME", Path.Combine(plugins[project], "bin")));
        return cli.Wait();
    }
}
