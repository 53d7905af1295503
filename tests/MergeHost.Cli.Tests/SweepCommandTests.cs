using System.Text.Json;
using System.Text.RegularExpressions;
using MergeHost.Testing;

namespace MergeHost.Cli.Tests;

/// <summary><c>mergehost sweep</c> with a benchmark that looks at single bits.</summary>
public sealed class SweepCommandTests : IDisposable
{
    // 27 merges of one expert, and one of each pair and of all three for each method.
    private const string Study = """
        study: bits
        suite: suite.yaml
        base_model: recipes/quickstart/base
        experts: {F: recipes/quickstart/finance, M: recipes/quickstart/math, J: recipes/quickstart/japanese}
        control: TI
        methods:
          TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {from: 0.1, to: 0.8, step: 0.1}}}
          TI: {merge_method: ties, parameters: {weight: 1, density: 0.2}}
        stages:
          - {name: recovery, merge: [F, M, J], settings: all}
          - {name: emergence, merge: [FMJ], settings: best}
        """;

    private readonly TemporaryFolder _folder = new();

    public SweepCommandTests()
    {
        File.WriteAllText(_folder["suite.yaml"], "tasks: [{name: bits, benchmark: tensor_count}]");
        File.WriteAllText(_folder["study.yaml"], Study);
    }

    [Fact]
    public void Sweep_PrintsEachMergeTheDifferenceFromTheControlAndWhatFollows()
    {
        CliResult sweep = Run("--quiet");
        Assert.Equal((0, ""), (sweep.ExitCode, sweep.Talk));
        string[][] rows = [.. sweep.Output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

        // Each merge, what it is above the control, how it stands to base and best expert, and the chosen ones once
        // more, those of all three with their controls.
        Assert.Equal((27 + 2) + (24 + 1) + (27 + 2) + (6 + 2) + 2,
            rows.Count(row => row is ["recovery" or "emergence", var merge, ..] && merge.Length > 2));
        Assert.Contains(rows, row => row is ["recovery", "BFTA", "lambda", "0.1", ..]);
        Assert.Contains("above the mean of TI", sweep.Output, StringComparison.Ordinal);
        Assert.Contains(rows, row => row is ["emergence", "TA", "1", ..]);
        Assert.Contains("above best expert", sweep.Output, StringComparison.Ordinal);
        Assert.Contains(rows, row => row is ["emergence", _, .., "="]);
    }

    [Fact]
    public void Sweep_WithJson_WritesEachMergeWithItsSettingsAndMetrics()
    {
        JsonElement study = JsonDocument.Parse(Run("--json", "--quiet").Output).RootElement;
        JsonElement[] points = [.. study.GetProperty("points").EnumerateArray()];
        Assert.Equal(29, points.Length);
        Assert.Equal("0.3", points[2].GetProperty("settings").GetProperty("lambda").GetString());
        Assert.Equal(6, points[2].GetProperty("metrics").GetArrayLength());
        Assert.Equal(6, points[2].GetProperty("overControl").GetArrayLength());
    }

    [Fact]
    public void Sweep_ThatWasKilled_DoesNotRepeatWhatIsDone()
    {
        List<string> before = [];
        using (Cli killed = Start())
        {
            while (!killed.Talk.Contains("BJTA", StringComparison.Ordinal))
            {
                Assert.False(killed.HasExited, killed.Talk);
                Thread.Sleep(5);
            }

            killed.Kill();
            before.AddRange(Measured(killed.Wait().Talk));
        }

        using Cli again = Start();
        CliResult second = again.Wait();
        Assert.Equal(0, second.ExitCode);

        // Only what was being done when the end came may be done twice.
        string[] after = Measured(second.Talk);
        Assert.True(before.Count > 18, $"{before.Count} measured before the end");
        Assert.InRange(before.Intersect(after).Count(), 0, 1);
        using Cli last = Start();
        Assert.Equal("", last.Wait().Talk);
    }

    [Theory]
    [InlineData(3, "did you mean 'density'?", "density", "densty")]
    [InlineData(3, "there is no file or folder 'recipes/quickstart/mth'", "quickstart/math", "quickstart/mth")]
    [InlineData(7, "did you mean", "suite.yaml", "siute.yaml")]
    public void Sweep_OfAStudyThatIsWrong_SaysWhatIsMeantBeforeAnythingIsMeasured(int exitCode, string talk, string sound, string wrong)
    {
        File.WriteAllText(_folder["study.yaml"], Study.Replace(sound, wrong, StringComparison.Ordinal));
        CliResult sweep = Run();
        Assert.Contains(talk, sweep.Talk, StringComparison.Ordinal);
        Assert.DoesNotContain(": bits", sweep.Talk, StringComparison.Ordinal);
        Assert.Equal(exitCode, sweep.ExitCode);
    }

    [Fact]
    public void Sweep_OfAStudyThatIsNotThere_NamesTheNearest() =>
        Assert.Contains("did you mean", Cli.Run("sweep", _folder["stduy.yaml"]).Talk, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private static string[] Measured(string talk) =>
        [.. Regex.Matches(talk, @"^\[\d+/\d+\] (.*: bits)", RegexOptions.Multiline).Select(line => line.Groups[1].Value)];

    private CliResult Run(params string[] arguments) => Cli.Run([.. Arguments, .. arguments]);

    private Cli Start() => Cli.Start(Arguments);

    private string[] Arguments => ["sweep", _folder["study.yaml"], "--cache", _folder["cache"], "--plugins", Cli.FixturePlugins];
}
