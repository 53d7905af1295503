using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary><c>mergehost predict</c> and what <c>mergehost sweep</c> writes for it, and recipes whose method is to be found.</summary>
public sealed class PredictCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Predict_OfTheQuickStart_CountsMergesThatLookedLikeItAndSaysWhatThatIsWorth()
    {
        CliResult predict = Cli.Run("predict", "recipes/actmat.yaml", "--quiet");
        Assert.Equal((0, ""), (predict.ExitCode, predict.Talk));
        Assert.Contains("of 16 merges that looked most like this,", predict.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("With an expert left out of the studies", predict.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        string printed = Cli.Run("predict", "recipes/actmat.yaml", "--quiet", "--json").Output;
        OutputSchemaTests.KeepsText("predict", printed);
        JsonElement json = JsonDocument.Parse(printed).RootElement;
        JsonElement[] features = [.. json.GetProperty("features").EnumerateArray()];
        Assert.Equal(3, features.Single(feature => feature.GetProperty("name").GetString() == "experts").GetProperty("value").GetDouble());
        Assert.False(features.Single(feature => feature.GetProperty("name").GetString() == "barrier").TryGetProperty("value", out _));
    }

    [Fact]
    public void Predict_ByExamplesOfASweep_LooksAmongThese()
    {
        Write("suite.yaml", "tasks: [{name: bits, benchmark: tensor_count}]");
        Write("study.yaml", """
            suite: suite.yaml
            base_model: recipes/quickstart/base
            experts: {F: recipes/quickstart/finance, M: recipes/quickstart/math, J: recipes/quickstart/japanese}
            methods: {TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {try: [0.3, 0.6]}}}}
            stages: [{name: pairs, merge: [FM, FJ, MJ], settings: all}]
            """);
        CliResult sweep = Cli.Run("sweep", _folder["study.yaml"], "--examples", _folder["merges.jsonl"], "--no-cache", "--plugins",
            Cli.FixturePlugins, "--quiet");
        Assert.Equal((0, ""), (sweep.ExitCode, sweep.Talk));
        Assert.Equal(6, File.ReadAllLines(_folder["merges.jsonl"]).Length);
        CliResult predict = Cli.Run("predict", "recipes/actmat.yaml", "--examples", _folder["merges.jsonl"]);
        Assert.Equal(0, predict.ExitCode);
        Assert.Contains("6 merges of study", predict.Output, StringComparison.Ordinal);
        Assert.Contains("of 2 merges that looked most like this,", predict.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_OfWhatItCannotLookUp_SaysWhy()
    {
        CliResult predict = Cli.Run("predict", "recipes/linear.yaml");
        Assert.Equal(3, predict.ExitCode);
        Assert.Contains("expected one stage that merges two models at least that were trained on from its base_model", predict.Talk,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sweep_OfARecipeWithAMethodToFind_WritesOneThatMergesAndSaysWhy()
    {
        Write("suite.yaml", "tasks: [{name: bits, benchmark: tensor_count}]");
        Write("auto.yaml", """
            merge_method: auto
            base_model: recipes/quickstart/base
            models: [{model: recipes/quickstart/finance}, {model: recipes/quickstart/math}]
            evaluate: suite.yaml
            parameters: {budget: 3}
            """);
        CliResult sweep = Cli.Run("sweep", _folder["auto.yaml"], "--write-best", _folder["found.yaml"], "--no-cache", "--plugins",
            Cli.FixturePlugins, "--quiet");
        Assert.Equal((0, ""), (sweep.ExitCode, sweep.Talk));
        string said = sweep.Output.ReplaceLineEndings(" ");
        Assert.Contains("A budget of 3 merges; not tried, since they exceed it: TA, TSV, ACT.", said, StringComparison.Ordinal);
        Assert.Contains("in the order of the evidence for their methods:", said, StringComparison.Ordinal);
        Assert.Contains("Chosen of 3 merges:", said, StringComparison.Ordinal);
        CliResult plan = Cli.Run("plan", _folder["found.yaml"]);
        Assert.Equal(0, plan.ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string text) => File.WriteAllText(_folder[name], text);
}
