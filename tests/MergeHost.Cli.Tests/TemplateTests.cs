using System.Text.Json.Nodes;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>A project of each template, as <c>dotnet new</c> makes them outside the repository: built, tested and packed.</summary>
public sealed class Templates : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public Templates(Workshop workshop)
    {
        Folder = workshop["templates"];
        Dotnet("new", "install", Directory.GetFiles(workshop.Feed, "MergeHost.Templates.*.nupkg").Single());
        foreach (string kind in Kinds)
        {
            Dotnet("new", $"mergehost-{kind}", "-o", this[kind]);
        }

        string solution = Workshop.Solution(Folder);
        Dotnet("test", solution, "-c", "Release");
        Dotnet("pack", solution, "-c", "Release", "--no-build");
    }

    /// <summary>What there are templates for.</summary>
    public static string[] Kinds { get; } = ["strategy", "scorer", "format", "transform", "alignment", "builder", "store", "benchmark",
        "runtime"];

    private string Folder { get; }

    /// <summary>The folder of a kind's project; one has a name that no namespace can have.</summary>
    public string this[string kind] =>
        Path.Combine(Folder, kind == "scorer" ? "acme-scorer" : $"Acme.{char.ToUpperInvariant(kind[0])}{kind[1..]}");

    public void Dispose() => _home.Dispose();

    // `dotnet new` keeps templates in the home folder: here one of the test's own.
    private void Dotnet(params string[] arguments) => Assert.Equal("", Workshop.Dotnet(Folder, arguments, ("DOTNET_CLI_HOME", _home.Path)));
}

[Collection(Workshop.Name)]
public sealed class TemplateTests(Templates templates) : IClassFixture<Templates>, IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData("strategy", "strategy 'acme_strategy'", "keeps its", "acme_strategy of models/base, models/tuned")]
    [InlineData("scorer", "scorer 'acme_scorer'", "keeps its", "slerp of models/base, models/tuned")]
    [InlineData("format", "format 'acme_format'", "not tried", "passthrough of models/plain")]
    [InlineData("transform", "transform 'acme_transform'", "keeps its", "passthrough of models/tuned")]
    [InlineData("alignment", "alignment 'acme_alignment'", "keeps its", "linear of models/base, models/headed")]
    [InlineData("builder", "builder 'acme_builder'", "not tried", "acme_builder of models/deep")]
    [InlineData("store", "store 'acme_store'", "not tried", "linear of models/base, acme-store:models/tuned.zip")]
    [InlineData("benchmark", "benchmark 'acme_benchmark'", "keeps its", "linear of models/base, models/tuned")]
    [InlineData("runtime", "runtime 'acme_runtime'", "not tried", "linear of models/base, models/tuned")]
    public void Template_OfAKind_MakesAPluginThatIsInstalledAndUsed(string kind, string export, string tried, string result)
    {
        Install(kind);
        Assert.Contains(export, Run(kind, "plugins", "list"), StringComparison.Ordinal);
        Assert.Contains($"{export} of plugin 'acme-{kind}' 0.1.0: {tried}", Run(kind, "plugins", "test", "bin/plugins"),
            StringComparison.Ordinal);
        Assert.Contains(result, Run(kind, "merge", "recipe.yaml", "out", "--force"), StringComparison.Ordinal);
    }

    [Fact]
    public void Template_OfAScorer_ScoresAndChooses()
    {
        Install("scorer");
        Assert.Contains("acme_scorer", Run("scorer", "score", "models/base", "models/tuned", "--scorer", "acme_scorer", "--quiet"),
            StringComparison.Ordinal);
        Assert.Contains("chooses 3 of 7 scored tensors by acme_scorer", Run("scorer", "plan", "recipe.yaml", "--quiet"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Template_OfATransform_IsAppliedByARecipe()
    {
        Install("transform");
        Run("transform", "merge", "recipe.yaml", "renamed");
        string tensors = Run("transform", "inspect", "renamed", "--tensors");
        Assert.Contains("model.blocks.0.self_attn.q_proj.weight", tensors, StringComparison.Ordinal);
        Assert.DoesNotContain("model.layers", tensors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.weight 9223372036854775807 2", "'a.weight' is larger than a file can be")]
    [InlineData("a.weight -1", "'a.weight -1' is not a new name and its extents")]
    public void Template_OfAFormat_RefusesABadFile(string list, string message)
    {
        Install("format");
        File.WriteAllText(_home["bad.tensors"], list);
        File.WriteAllText(_home["bad.f32"], "");
        CliResult result = Try("format", "inspect", _home["bad.tensors"]);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains(message, result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Template_OfABenchmark_RefusesASuffixThatNoTensorHas()
    {
        Install("benchmark");
        File.WriteAllText(_home["suite.yaml"], "tasks: [{name: zeros, benchmark: acme_benchmark, suffix: .wieght}]");
        CliResult result = Try("benchmark", "evaluate", "models/base", "--suite", _home["suite.yaml"]);
        Assert.NotEqual(1, result.ExitCode);
        Assert.Contains("ends with '.wieght'", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Template_OfAnAlignment_LeavesOutWhatOneModelHasAlone()
    {
        Install("alignment");
        const string recipe =
            "merge_method: linear\nmodels: [{model: models/base, parameters: {weight: 0.5}}, {model: models/headed, parameters: {weight: "
                + "0.5}}]\n";
        File.WriteAllText(_home["unaligned.yaml"], recipe);
        Assert.Contains("'score.weight'", Try("alignment", "plan", _home["unaligned.yaml"]).Talk, StringComparison.Ordinal);
        Run("alignment", "merge", "recipe.yaml", _home["out"]);
        Assert.DoesNotContain("score.weight", Run("alignment", "inspect", _home["out"], "--tensors"), StringComparison.Ordinal);
    }

    [Fact]
    public void Template_OfABuilder_MakesAShallowerModel()
    {
        Install("builder");
        Run("builder", "merge", "recipe.yaml", _home["out"]);
        string tensors = Run("builder", "inspect", _home["out"], "--tensors");
        Assert.Contains("model.layers.1.mlp.up_proj.weight", tensors, StringComparison.Ordinal);
        Assert.DoesNotContain("model.layers.2.", tensors, StringComparison.Ordinal);
        Assert.Contains("\"num_hidden_layers\":2",
            File.ReadAllText(Path.Combine(_home["out"], "config.json")).Replace(" ", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Template_OfAStore_ServesACheckpointInAnArchive()
    {
        Install("store");
        File.WriteAllText(_home["copy.yaml"], "merge_method: passthrough\nmodels: [{model: 'acme-store:models/tuned.zip'}]");
        Run("store", "merge", _home["copy.yaml"], _home["out"]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(templates["store"], "models/tuned/model.safetensors")).AsSpan(^1840..),
            File.ReadAllBytes(Path.Combine(_home["out"], "model.safetensors")).AsSpan(^1840..));
    }

    // A runtime that is not ours, asked by a benchmark that is not ours: log softmax of one logit of 1 among 128.
    [Fact]
    public void Template_OfARuntime_ScoresLinesByItself()
    {
        Install("runtime");
        float[] logits = new float[128];
        logits['e'] = 1;
        new TinyCheckpoint().Add("letters.weight", DType.BF16, [128], logits).Write(_home["model"]);
        File.WriteAllText(_home["lines.txt"], "The\n\n!\n");
        File.WriteAllText(_home["suite.yaml"], "tasks: [{name: lines, benchmark: acme_runtime, data: lines.txt}]");

        JsonNode summary = JsonNode.Parse(Run("runtime", "evaluate", _home["model"], "--suite", _home["suite.yaml"], "--no-cache",
            "--json"))!;

        JsonNode task = summary["models"]![0]!["tasks"]![0]!;
        Assert.Equal(0.5 - Math.Log(127 + Math.E), (double)task["value"]!, 1e-12);
        Assert.Equal(1, (int)task["count"]!);
    }

    private void Install(string kind) => Run(kind, "plugins", "install", $"bin/Release/acme-{kind}.0.1.0.nupkg");

    private string Run(string kind, params string[] arguments)
    {
        CliResult result = Try(kind, arguments);
        Assert.True(result.ExitCode == 0, result.Output + result.Talk);
        return result.Output;
    }

    private CliResult Try(string kind, params string[] arguments)
    {
        using Cli cli = Cli.StartIn(templates[kind], arguments, ("MERGEHOST_HOME", _home.Path));
        return cli.Wait();
    }
}
