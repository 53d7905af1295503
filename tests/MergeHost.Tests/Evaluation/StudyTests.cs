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

    private const string Auto = """
        merge_method: auto
        base_model: base
        models: [{model: finance}, {model: math}]
        evaluate: suite.yaml
        dtype: float32

        """;

    private readonly RecipeFolder _folder = new RecipeFolder()
        .Add("base", TinyCheckpoint.Llama(seed: 1)).Add("finance", TinyCheckpoint.Llama(seed: 2))
        .Add("math", TinyCheckpoint.Llama(seed: 3));

    [Fact]
    public void Sweep_TriesAllSettingsAndThenTheBestOfEachMethod()
    {
        StudySummary summary = Run(Sound, out _);
        Assert.Equal((3 + 2) * 2, summary.Points.Count(point => point.Stage == "recovery"));
        Assert.Equal(["BFTA", "BFTA", "BFTA", "BFLI", "BFLI"], summary.Points.Take(5).Select(point => point.Name));
        Assert.Equal(["0.25", "0.50", "0.75"], summary.Points.Take(3).Select(point => point.Settings["lambda"]));
        StudyPoint[] last = [.. summary.Points.Where(point => point.Stage == "complementarity")];
        Assert.Equal(["FMTA", "FMLI"], last.Select(point => point.Name));
        Assert.All(last,
            point => Assert.Contains(summary.Points,
                other => other.IsChosen && other.Method == point.Method && other.Settings.SequenceEqual(point.Settings)));
        Assert.All(summary.Points, point => Assert.True(Find(point, "macroGain") >= Find(point, "macroOutperformGap")));
    }

    [Fact]
    public void Sweep_OfMethodsForAStage_TriesThoseAloneAndKeepsTheBestOfTheOthers()
    {
        StudySummary summary = Run(Sound.Replace("settings: all}",
            "settings: all}\n  - {name: again, merge: [F], settings: all, methods: [LI]}", StringComparison.Ordinal), out _);
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
            foreach (StudyStanding[] same in table.GroupBy(standing => (standing.Stage, standing.Merge[..^2]))
                .Select(same => same.ToArray()))
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
            StudyPoint[] points = [.. summary.Points.Where(point => point.Stage == "recovery" && point.Method == mean.Method
                && point.Settings.SequenceEqual(mean.Settings))];
            Assert.Equal(2, points.Length);
            Assert.Equal(points.Average(point => Find(point, "macroGain"))!.Value,
                mean.Metrics.Single(metric => metric.Name == "macroGain").Value!.Value, 9);
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
        }, cancellation: stop.Token));
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
              layers: {merge_method: slerp, select: {scorer: relative_change, policy: balanced, unit: layer},
                parameters: {t: [{filter: mlp, value: 0.25}, {value: 0}]}}
              random: {merge_method: slerp, select: {scorer: random, options: {seed: {try: [1, 2]}}, fraction: 0.5}, parameters: {t: 0}}
            stages: [{name: restoration, merge: [F, M], settings: all}]
            """, out _);
        Assert.Equal(["BF half", "BF layers", "BF random", "BF random"], summary.Points.Take(4).Select(point => point.Name));
        Assert.Equal(["", "", "1", "2"], summary.Points.Take(4).Select(point => string.Concat(point.Settings.Values)));
        Assert.All(summary.Points, point => Assert.Equal(point.Method == "random" ? 0 : point.Metrics.Count, point.OverControl.Count));
        double[] controls = [.. summary.Points.Where(point => point.Name == "BF random").Select(point => Find(point, "macroGain")!.Value)];
        Assert.Equal(Find(summary.Points[0], "macroGain")!.Value - controls.Average(),
            summary.Points[0].OverControl.Single(metric => metric.Name == "macroGain").Value!.Value, 1e-9);
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
        Assert.Equal(["1/N", "best expert", "FMTA lambda 0.3", "FMTA lambda 0.7"],
            tuning.Against.Select(other => other.With.Replace(" F", "", StringComparison.Ordinal)
                .Replace(" M", "", StringComparison.Ordinal)));
        Assert.Equal(Find(tuned, "macroGain")!.Value - Find(summary.Points[0], "macroGain")!.Value,
            tuning.Against[2].Metrics[0].Value!.Value, 1e-9);
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

    [Fact]
    public void Sweep_OfSeveralExperts_ComparesWhatIsChosenWithBaseMeanBestExpertAndEachAloneAtTheSameStrength()
    {
        StudySummary summary = Run(Sound.Replace("  LI:",
            "  1/N: {merge_method: task_arithmetic, parameters: {weight: 1, normalize: true}}\n  LI:", StringComparison.Ordinal),
                out List<string> told);
        StudyPoint[] several = [.. summary.Points.Where(point => point.Stage == "complementarity")];
        Assert.All(summary.Points.Except(several), point => Assert.Empty(point.Controls));
        Assert.Equal(["base", "1/N", "best expert", "F alone", "M alone"], several[0].Controls.Select(Plain));
        Assert.Equal(["base", "1/N", "best expert", "F alone", "M alone"], several[1].Controls.Select(Plain));
        Assert.Equal(["base", "1/N", "best expert"], several[2].Controls.Select(Plain));
        string strength = several[0].Settings["lambda"];
        StudyPoint alone = summary.Points.First(point => point.Name == "BFTA" && point.Settings["lambda"] == strength);

        // Half of a mean of two is one at half.
        Assert.Contains(told, line => line.Contains("BF 1/N lambda 0.5", StringComparison.Ordinal));
        Assert.Equal(several[0].Changes[0].Difference, Above(several[0].Controls[0]), 1e-9);
        Assert.Equal(several[0].Changes[0].Difference - alone.Changes[0].Difference, Above(several[0].Controls[3]), 1e-9);

        static double Above(MergeComparison control) => control.Metrics.Single(metric => metric.Name == "macroOutperformGap").Value!.Value;

        static string Plain(MergeComparison control) =>
            control.With.StartsWith("best expert", StringComparison.Ordinal) ? "best expert" : control.With;
    }

    [Fact]
    public void Sweep_WithExamples_TellsOfEachMergeOfSeveralWhatCouldBeKnown()
    {
        StudySummary summary = Run(Sound, _ => { }, withExamples: true);
        Assert.Equal(["TA", "LI"], summary.Examples.Select(example => example.Method));
        Assert.All(summary.Examples, example => Assert.Equal(["F", "M"], example.Experts));
        double lambda = double.Parse(summary.Examples[0].Settings["lambda"], System.Globalization.CultureInfo.InvariantCulture);
        Dictionary<string, double> features = new(summary.Examples[0].Features);

        // Of task vectors of lengths 1 and r with the cosine c.
        (double c, double r) = (features["cosine"], features["imbalance"]);
        Assert.Equal(lambda * (1 + (c / r)), features["keptLeast"], 0.01);
        Assert.Equal(lambda * Math.Sqrt(1 + (r * r) + (2 * c * r)) / ((1 + r) / 2), features["step"], 0.01);
        Assert.Equal(features["cosine"], summary.Examples[1].Features["cosine"]);
        Assert.Equal(["questions"], summary.Examples[0].Outcomes.Keys);
        Assert.Empty(Run(Sound, out _).Examples);
    }

    [Fact]
    public void Sweep_OverLambda_MakesEveryChangeOnceAndTheSameBytes()
    {
        const string Spectral = """
            suite: suite.yaml
            base_model: base
            experts: {F: finance, M: math}
            methods:
              TSV: {merge_method: tsv_m, parameters: {lambda: {try: [0.25, 0.5, 1]}}}
              ISO: {merge_method: iso_c, parameters: {lambda: {try: [0.25, 0.5]}, embeddings: {try: [false, true]}}}
            stages: [{name: complementarity, merge: [FM], settings: all}]
            """;
        StudySummary summary = Run(Spectral, out _);
        Dictionary<string, string> together = Merges("cache");

        // Each by itself, with nothing to share.
        foreach (StudyPoint point in summary.Points)
        {
            string settings = string.Join(", ", point.Settings.Select(setting => $"{setting.Key}: {setting.Value}"));
            string method = $"{{merge_method: {(point.Method == "TSV" ? "tsv_m" : "iso_c")}, parameters: {{{settings}}}}}";
            Run($"{Spectral[..Spectral.IndexOf("  TSV", StringComparison.Ordinal)]}  {point.Method}: {method}\n"
                + $"{Spectral[Spectral.IndexOf("stages", StringComparison.Ordinal)..]}", out _, "alone");
        }

        // Controls come on top.
        Dictionary<string, string> alone = Merges("alone");
        Assert.InRange(together.Values.Distinct().Count(), 3 + 4, alone.Count);
        Assert.All(together, merge => Assert.Equal(alone[merge.Key], merge.Value));

        // The digest of what each merge made, by what it is made of.
        Dictionary<string, string> Merges(string cache) =>
            Directory.EnumerateFiles(_folder[cache + "/merges"]).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
    }

    [Fact]
    public void Sweep_OfARecipeWithAMethodToFind_ChoosesTheFirstOfThoseThatAreLevelWithTheBest()
    {
        StudySummary summary = Run(Auto, out _);
        AutoChoice choice = summary.Choice!;
        Assert.Equal(["1/N", "TI", "TI", "TSV", "TSV", "ACT", "ACT", "TA"], summary.Points.Select(point => point.Method));
        Assert.Equal(new Dictionary<string, string> { ["F"] = "finance", ["M"] = "math" }, choice.Models);
        Assert.Empty(choice.LeftOut);
        Assert.Equal(choice.Level[0], choice.Point);
        Assert.Contains(choice.Best, choice.Level);
        Assert.Equal(summary.Points.Max(point => point.Development), summary.Points[choice.Best].Development);
        Assert.Equal(choice.Level.Select(index => summary.Points[index].Method),
            choice.Level.Select(index => summary.Points[index].Method)
                .OrderBy(method => Array.IndexOf(["1/N", "TA", "TI", "TSV", "ACT"], method)));

        // The recipe that was chosen is one that merges.
        string recipe = summary.Points[choice.Point].Recipe;
        Assert.Contains("dtype: float32", recipe, StringComparison.Ordinal);
        Assert.NotEmpty(_folder.Plan(recipe).Stages);
    }

    [Fact]
    public void Sweep_OfARecipeWithAMethodToFind_KeepsToTheBudget()
    {
        StudySummary summary = Run(Auto + "parameters: {budget: 5}\n", out _);
        Assert.Equal(["1/N", "TI", "TI", "TSV", "TSV"], summary.Points.Select(point => point.Method));
        Assert.Equal(["TA", "ACT"], summary.Choice!.LeftOut);
    }

    [Theory]
    [InlineData("evaluate: suite.yaml", "", "MH1006", "needs 'evaluate'")]
    [InlineData("base_model: base", "", "MH1006", "needs 'base_model'")]
    [InlineData(", {model: math}", "", "MH1006", "needs 2 to 25 models under 'models', found 1")]
    [InlineData("{model: math}", "{model: math, parameters: {weight: 1}}", "MH1005", "is a name alone")]
    [InlineData("dtype:", "parameters: {lambda: 1}\ndtype:", "MH1004", "hold a budget from 1 to 1,000")]
    [InlineData("dtype:", "slices: []\ndtype:", "MH1009", "has no 'slices'")]
    [InlineData("dtype:", "dtpye: float32\ndtype:", "MH1003", "recipes have no field 'dtpye'")]
    public void Sweep_OfARecipeWithAMethodToFindThatIsWrong_NamesWhatIs(string sound, string wrong, string code, string message)
    {
        Assert.Contains(sound, Auto, StringComparison.Ordinal);
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Run(Auto.Replace(sound, wrong, StringComparison.Ordinal),
            out _));
        Assert.Contains(exception.Problems,
            problem => problem.Code.Id == code && problem.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_OfARecipeWithAMethodToFind_SaysThatASweepFindsIt()
    {
        Problem problem = _folder.Error(Auto.Replace("evaluate: suite.yaml", "", StringComparison.Ordinal));
        Assert.Contains("a merge cannot choose its method", problem.Message, StringComparison.Ordinal);
        Assert.Contains("mergehost sweep RECIPE --write-best FILE", problem.Hint, StringComparison.Ordinal);
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
    [InlineData("parameters: {weight: {try", "parameters: {scale: {tune: [0, 1]}, weight: {try", "MH1009",
        "method 'LI' both tries and tunes")]
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
        MergeHostException exception = Assert.Throws<MergeHostException>(() => Run(Sound.Replace(sound, wrong, StringComparison.Ordinal),
            out _));
        Assert.Contains(exception.Problems,
            problem => problem.Code.Id == code && problem.Message.Contains(message, StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static double? Find(StudyPoint point, string metric) => point.Metrics.Single(candidate => candidate.Name == metric).Value;

    private StudySummary Run(string study, out List<string> told, string cache = "cache")
    {
        List<string> lines = [];
        told = lines;
        return Run(study, lines.Add, cache: cache);
    }

    private StudySummary Run(string study, Action<string> tell, bool withExamples = false, string cache = "cache",
        CancellationToken cancellation = default)
    {
        _folder.Write("suite.yaml", "tasks: [{name: x, benchmark: tensor_count}]");
        return new StudyRunner(RecipeFolder.Catalog, RecipeFolder.Host, new MergeOptions { CacheFolder = _folder[cache] }, _ => { })
            .Run(_folder.Write("study.yaml", study), withExamples, tell, cancellation);
    }
}
