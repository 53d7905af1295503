using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Studies;
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
          TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {from: 0.25, to: 0.75, step: 0.25}}}
          LI: {merge_method: linear, parameters: {weight: {try: [1, 0.5]}}}
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
    public void Sweep_OfMethodsForAStage_TriesThoseAloneAndKeepsTheBestOfTheOthers()
    {
        StudySummary summary = Run(Sound.Replace("settings: all}", "settings: all}\n  - {name: again, merge: [F], settings: all, methods: [LI]}", StringComparison.Ordinal), out _);
        Assert.Equal(["BFLI", "BFLI"], summary.Points.Where(point => point.Stage == "again").Select(point => point.Name));
        Assert.Equal(["FMTA", "FMLI"], summary.Points.Where(point => point.Stage == "complementarity").Select(point => point.Name));
    }

    [Fact]
    public void Sweep_OfManyMerges_CorrectsForAllOfThemAndTiesWhatIsNotSurelyWorse()
    {
        StudySummary summary = Run(Sound, out _);
        foreach (StudyStanding[] table in summary.Standings.GroupBy(standing => standing.Over).Select(table => table.ToArray()))
        {
            Assert.Equal(summary.Points.Count, table.Length);
            Assert.All(table, standing => Assert.InRange(standing.OverBase.Holm, standing.OverBase.FalseDiscovery, 1));
            Assert.All(table, standing => Assert.InRange(standing.OverBase.FalseDiscovery, standing.OverBase.Probability, 1));
            StudyStanding least = table.MinBy(standing => standing.OverExpert.Probability)!;
            Assert.Equal(Math.Min(1, table.Length * least.OverExpert.Probability), least.OverExpert.Holm, 12);
            foreach (StudyStanding[] same in table.GroupBy(standing => (standing.Stage, standing.Merge[..^2])).Select(same => same.ToArray()))
            {
                Assert.True(same.MaxBy(standing => standing.OverBase.Value)!.IsTied);
            }
        }
    }

    [Fact]
    public void Sweep_TakesMeansOverTheMergesOfAStage()
    {
        StudySummary summary = Run(Sound + "\ncontrol: LI", out _);
        Assert.Equal(3 + 2, summary.Means.Count);
        Assert.All(summary.Means, mean =>
        {
            StudyPoint[] points = [.. summary.Points.Where(point => point.Stage == "recovery" && point.Method == mean.Method && point.Settings.SequenceEqual(mean.Settings))];
            Assert.Equal(2, points.Length);
            Assert.Equal(points.Average(point => Find(point, "macroGain"))!.Value, mean.Metrics.Single(metric => metric.Name == "macroGain").Value!.Value, 9);
            Assert.InRange(mean.Metrics[0].Value!.Value, mean.Metrics[0].Low!.Value, mean.Metrics[0].High!.Value);
            Assert.Equal(mean.Method != "LI", mean.OverControl.Count > 0);
        });
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

    [Fact]
    public void Sweep_OfNamedVariants_TriesEachAndComparesWithTheControl()
    {
        StudySummary summary = Run(
            """
            suite: suite.yaml
            base_model: base
            experts: {F: {model: finance, domain: [x]}, M: {model: math, domain: [x]}}
            control: random
            methods:
              half: {merge_method: slerp, parameters: {t: 0.5}}
              layers: {merge_method: slerp, select: {scorer: relative_change, policy: balanced, unit: layer}, parameters: {t: [{filter: mlp, value: 0.25}, {value: 0}]}}
              random: {merge_method: slerp, select: {scorer: random, options: {seed: {try: [1, 2]}}, fraction: 0.5}, parameters: {t: 0}}
            stages: [{name: restoration, merge: [F, M], settings: all}]
            """, out _);
        Assert.Equal(["BF half", "BF layers", "BF random", "BF random"], summary.Points.Take(4).Select(point => point.Name));
        Assert.Equal(["", "", "1", "2"], summary.Points.Take(4).Select(point => string.Concat(point.Settings.Values)));
        Assert.All(summary.Points, point => Assert.Equal(point.Method == "random" ? 0 : point.Metrics.Count, point.OverControl.Count));
        double[] controls = [.. summary.Points.Where(point => point.Name == "BF random").Select(point => Find(point, "macroGain")!.Value)];
        Assert.Equal(Find(summary.Points[0], "macroGain")!.Value - controls.Average(), summary.Points[0].OverControl.Single(metric => metric.Name == "macroGain").Value!.Value, 1e-9);
    }

    [Fact]
    public void Sweep_OfATunedMethod_TellsHowItWasFoundAndHowItComparesOnTheTestItems()
    {
        StudySummary summary = Run(
            """
            suite: suite.yaml
            base_model: base
            experts: {F: finance, M: math}
            methods:
              TA: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {try: [0.3, 0.7]}}}
              tuned: {merge_method: task_arithmetic, parameters: {weight: 1, lambda: {tune: [0, 1]}}}
            stages: [{name: complementarity, merge: [FM], settings: all}]
            """, out _);
        StudyPoint tuned = summary.Points[2];
        TuningSummary tuning = tuned.Tuning!;
        Assert.Equal(("FM tuned", true), (tuned.Name, tuned.IsChosen));
        Assert.InRange(tuning.Screened.Count, 6, 8);
        Assert.Contains(tuning.Confirmed, tried => tried.Settings["lambda"] == tuned.Settings["lambda"]);
        Assert.Contains(tuning.Confirmed, tried => tried.Settings["lambda"] == "0.5");
        Assert.Equal(["1/N", "best expert", "FMTA lambda 0.3", "FMTA lambda 0.7"], tuning.Against.Select(other => other.With.Replace(" F", "", StringComparison.Ordinal).Replace(" M", "", StringComparison.Ordinal)));
        Assert.Equal(Find(tuned, "macroGain")!.Value - Find(summary.Points[0], "macroGain")!.Value, tuning.Against[2].Metrics[0].Value!.Value, 1e-9);
        Assert.Contains($"lambda: {tuned.Settings["lambda"]}", tuning.Recipe, StringComparison.Ordinal);
    }

    [Fact]
    public void Sweep_OfSeveralCoefficients_FindsOneForEachExpert()
    {
        StudySummary summary = Run(
            """
            suite: suite.yaml
            base_model: base
            experts: {F: finance, M: math}
            methods:
              each:
                merge_method: task_arithmetic
                models: [{model: F, parameters: {weight: {tune: [0, 1]}}}, {model: M, parameters: {weight: {tune: [0, 1]}}}]
            stages: [{name: complementarity, merge: [FM], settings: all}]
            """, out _);
        StudyPoint point = Assert.Single(summary.Points);
        Assert.Equal(["models.0.parameters.weight", "models.1.parameters.weight"], point.Settings.Keys);
        Assert.InRange(point.Tuning!.Screened.Count, 20, 43);
        Assert.Equal(["B", "F", "M"], summary.Distances.Pairs.SelectMany(pair => new[] { pair.A, pair.B }).Distinct().Order());
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
    [InlineData("try: [1, 0.5]", "try: []", "MH1005", "expected what is to be tried")]
    [InlineData("try: [1, 0.5]", "tune: [1, 0]", "MH1004", "expected between which numbers to tune")]
    [InlineData("parameters: {weight: {try", "parameters: {scale: {tune: [0, 1]}, weight: {try", "MH1009", "method 'LI' both tries and tunes")]
    [InlineData("linear,", "linear, name: x,", "MH1009", "method 'LI': a method of a study has no 'name'")]
    [InlineData("linear,", "linear, slect: {},", "MH1003", "recipes have no field 'slect'")]
    [InlineData("linear,", "linear, models: [{model: X}],", "MH1010", "method 'LI': 'models' names experts by their letters")]
    [InlineData("suite:", "control: TI\nsuite:", "MH1004", "control is 'TI', which is no method")]
    [InlineData("settings: best", "settings: best, methods: [TI]", "MH1004", "a stage tries 'TI', which is no method")]
    [InlineData("settings: best", "setings: best", "MH1003", "stages have no field 'setings'")]
    [InlineData("F: finance", "F: {model: finance, domain: [y]}", "MH6001", "suite 'suite' has no task 'y'")]
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
        return new StudyRunner(RecipeFolder.Catalog, RecipeFolder.Host, new MergeOptions { CacheFolder = _folder["cache"] }, _ => { })
            .Run(_folder.Write("study.yaml", study), tell, cancellation);
    }
}
