using MergeHost.Evaluation;
using MergeHost.Testing;
using MergeHost.Tests.Planning;

namespace MergeHost.Tests.Evaluation;

/// <summary>Studies of tiny checkpoints by a benchmark that looks at single bits.</summary>
public sealed class StudyTests : IDisposable
{
    private const string Sound = """
        suite: suite.yaml
        base_model: base
        experts: {F: finance, M: math}
        methods:
          TA: {merge_method: task_arithmetic, weight: 1, lambda: {from: 0.25, to: 0.75, step: 0.25}}
          LI: {merge_method: linear, weight: [1, 0.5]}
        stages:
          - {name: recovery, merge: [F, M], settings: all}
          - {name: complementarity, merge: [FM], settings: best}
        """;

    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("base", TinyCheckpoint.Llama(seed: 1)).Add("finance", TinyCheckpoint.Llama(seed: 2)).Add("math", TinyCheckpoint.Llama(seed: 3));

    [Fact]
    public void Sweep_TriesAllSettingsAndThenTheBestOfEachMethod()
    {
        StudySummary summary = Run(Sound, out _);
        Assert.Equal((3 + 2) * 2, summary.Points.Count(point => point.Stage == "recovery"));
        Assert.Equal(["BFTA", "BFTA", "BFTA", "BFLI", "BFLI"], summary.Points.Take(5).Select(point => point.Name));
        Assert.Equal(["0.25", "0.50", "0.75"], summary.Points.Take(3).Select(point => point.Settings["lambda"]));
        StudyPoint[] last = [.. summary.Points.Where(point => point.Stage == "complementarity")];
        Assert.Equal(["FMTA", "FMLI"], last.Select(point => point.Name));
        Assert.All(last, point => Assert.Contains(summary.Points, other => other.IsChosen && other.Method == point.Method && other.Settings.SequenceEqual(point.Settings)));
        Assert.All(summary.Points, point => Assert.True(Find(point, "macroGain") >= Find(point, "macroOutperformGap")));
    }

    [Fact]
    public void Sweep_ThatWasStopped_DoesNotRepeatWhatIsDone()
    {
        using CancellationTokenSource stop = new();
        List<string> before = [];
        Assert.Throws<OperationCanceledException>(() => Run(Sound, line =>
        {
            before.Add(line);
            if (line.StartsWith("BMTA", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        }, stop.Token));
        StudySummary summary = Run(Sound, out List<string> after);
        Assert.Contains(before, line => line.StartsWith("BFTA", StringComparison.Ordinal));
        Assert.DoesNotContain(after, line => line.StartsWith("BFTA", StringComparison.Ordinal));
        Assert.Equal(12, summary.Points.Count);
        Run(Sound, out List<string> again);
        Assert.Empty(again);
    }

    [Theory]
    [InlineData("FM]", "FX]", "MH1010", "no expert has the letter 'X'")]
    [InlineData("step: 0.25", "step: 0", "MH1004", "from 0.25 to 0.75 by 0 is no range")]
    [InlineData("settings: best", "settings: good", "MH1004", "settings is 'good'; it must be all or best")]
    [InlineData("F: finance", "B: finance", "MH1004", "one letter but B")]
    [InlineData("base_model: base", "base: base", "MH1003", "studies have no field 'base'")]
    [InlineData("base_model: base", "", "MH1006", "'base_model' is missing or empty")]
    [InlineData("F: finance", "F: nowhere", "MH1010", "'nowhere'")]
    [InlineData("lambda:", "lamda:", "MH1008", "'task_arithmetic' has no parameter 'lamda'")]
    public void Sweep_OfAStudyThatIsWrong_NamesWhatIs(string sound, string wrong, string code, string message)
    {
        Assert.Contains(sound, Sound, StringComparison.Ordinal);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Run(Sound.Replace(sound, wrong, StringComparison.Ordinal), out _));
        Assert.Contains(exception.Problems, problem => problem.Code.Id == code && problem.Message.Contains(message, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static double? Find(StudyPoint point, string metric) => point.Metrics.Single(candidate => candidate.Name == metric).Value;

    private StudySummary Run(string study, out List<string> told)
    {
        List<string> lines = [];
        told = lines;
        return Run(study, lines.Add);
    }

    private StudySummary Run(string study, Action<string> tell, CancellationToken cancellation = default)
    {
        _folder.Write("suite.yaml", "tasks: [{name: x, benchmark: tensor_count}]");
        return new StudyRunner(RecipeFolder.Catalog, RecipeFolder.Host, new MergeOptions(), _ => { })
            .Run(_folder.Write("study.yaml", study), _folder["cache"], tell, cancellation);
    }
}
