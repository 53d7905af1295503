using System.Text.Json;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary>Mistakes of a plugin are put down to the plugin, whatever it does.</summary>
public sealed class PluginMistakeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("odd_crash", "strategy 'odd_crash' of plugin 'odd' 0.1.0-beta.1 failed with DivideByZeroException")]
    [InlineData("odd_crash_measured",
        "strategy 'odd_crash_measured' of plugin 'odd' 0.1.0-beta.1 failed with InvalidOperationException: no luck after all")]
    [InlineData("odd_exit", "strategy 'odd_exit' of plugin 'odd' 0.1.0-beta.1 (tensor ")]
    [InlineData("throwing_early", "no luck|forty-two")]
    public void Merge_WhereAStrategyFails_NamesItAndItsPlugin(string strategy, string expected)
    {
        CliResult result = Merge(strategy);
        Assert.NotEqual(0, result.ExitCode);
        Assert.NotEqual(1, result.ExitCode);
        Assert.Contains(expected.Split('|'), words => result.Talk.Contains(words, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", result.Talk, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["out/mergehost.json"]));
    }

    [Fact]
    public void Plan_WhereABuilderEndsTheProgram_NamesItAndItsPlugin()
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, "build: odd_builder\nbase_model: recipes/quickstart/math\n");
        CliResult result = Cli.Run("plan", recipe, "--plugins", Cli.FixturePlugins);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("builder 'odd_builder' of plugin 'odd' 0.1.0-beta.1 ended the program", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_WhereABenchmarkFails_NamesItItsPluginAndTheTask()
    {
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: zeros, benchmark: odd_benchmark}]");
        CliResult result = Cli.Run("evaluate", "recipes/quickstart/math", "--suite", _folder["suite.yaml"], "--plugins", Cli.FixturePlugins,
            "--json");
        Assert.Equal((ErrorCodes.PluginFailed.ExitCode, ""), (result.ExitCode, result.Output));
        Assert.Contains("benchmark 'odd_benchmark' of plugin 'odd' 0.1.0-beta.1 failed with InvalidOperationException: ", result.Talk,
            StringComparison.Ordinal);
        Assert.Contains("(task 'zeros')", result.Talk, StringComparison.Ordinal);
        Assert.Contains("a plugin talks", result.Talk, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_WhereAFormatFails_NamesItItsPluginAndTheFile()
    {
        File.WriteAllText(_folder["a.lines"], "no tabs");
        CliResult result = Cli.Run("inspect", _folder["a.lines"], "--plugins", Cli.FixturePlugins);
        Assert.Equal(ErrorCodes.PluginFailed.ExitCode, result.ExitCode);
        Assert.Matches("format 'lines' of plugin 'good' [0-9.]+ failed with IndexOutOfRangeException: ", result.Talk);
        Assert.Contains($"('{_folder["a.lines"]}')", result.Talk, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WithTrace_ShowsThePartOfThePlugin()
    {
        CliResult result = Merge("odd_crash", "--trace");
        Assert.Equal(6, result.ExitCode);
        Assert.Contains("at Fixture.Odd.CrashingStrategy", result.Talk, StringComparison.Ordinal);
        Assert.DoesNotContain("MergeHost.Running", result.Talk, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_WhereAPluginPrintsAndLeavesAThread_EndsWithItsDataAlone()
    {
        CliResult result = Merge("odd_talk", "--json");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(result.Output).RootElement.ValueKind);
        Assert.Contains("a plugin talks", result.Talk, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private CliResult Merge(string strategy, params string[] more)
    {
        string recipe = _folder["recipe.yaml"];
        File.WriteAllText(recipe, $"merge_method: {strategy}\nmodels: [{{model: recipes/quickstart/math}}]\n");
        return Cli.Run(["merge", recipe, _folder["out"], "--plugins", Cli.FixturePlugins, .. more]);
    }
}
