using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Recipes;

namespace MergeHost.Evaluation;

/// <summary>Carries out studies: makes each merge in memory, measures it, and compares it with what it was made of.</summary>
/// <remarks>
/// Settings are chosen on one half of the items of each task and reported on the other. What was measured before is not measured again,
/// so that a study that was killed goes on where it was.
/// </remarks>
internal sealed class StudyRunner(PluginCatalog catalog, PluginHost host, MergeOptions options, Action<Problem> warnings)
{
    private const string Criterion = "macroOutperformGap";

    /// <summary>Runs a study.</summary>
    /// <exception cref="MergeHostException">Something is wrong with the study, its suite, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what was measured is kept.</exception>
    public StudySummary Run(string path, Action<string> tell, CancellationToken cancellation)
    {
        Study study = StudyReader.Read(path);
        PluginSet plugins = new(catalog);
        Suite suite = SuiteReader.Read(study.SuitePath, plugins, host);
        Check(study, suite);
        using ModelResolver models = new(plugins, host);
        Evaluator evaluator = new(suite, host, new ResultCache(options.ResultsFolder), options, tell);
        MeasuredModel @base = MeasureCheckpoint("B", study.Base);
        if (@base.Tasks.All(task => ItemSplit.Development.Indices(task.Main).Length == 0 || ItemSplit.Test.Indices(task.Main).Length == 0))
        {
            throw new MergeHostException([new Problem(ErrorCodes.BadSuite, $"{study.SuitePath}: no task has items to choose settings by, and others to report on")]);
        }

        Dictionary<char, MeasuredModel> experts = study.Experts.ToDictionary(expert => expert.Letter, expert => MeasureCheckpoint($"{expert.Letter}", expert.Model));
        IReadOnlyList<Candidate> all = [.. study.Methods.SelectMany(method => method.Settings.Select(setting => new Candidate(method, setting)))];
        IReadOnlyList<Candidate> best = all;
        List<StudyPoint> points = [];
        List<StudyMean> means = [];
        foreach (StudyStage stage in study.Stages)
        {
            List<Tried> tried = [.. stage.Merges.SelectMany(_ => stage.TriesAll ? all : best, (letters, candidate) => new Tried(letters, candidate, Measure(letters, candidate)))];
            if (stage.TriesAll)
            {
                best = [.. tried.GroupBy(point => point.Candidate.Method).Select(Best)];
            }

            points.AddRange(tried.Select(point => Report(stage, point, tried)));
            means.AddRange(tried.GroupBy(point => point.Candidate).Where(same => same.Count() > 1).Select(same => Average(stage, same.Key, [.. same], tried)));
        }

        return new StudySummary(study.Name, study.Control, points, means);

        MeasuredModel MeasureCheckpoint(string name, YamlScalar model)
        {
            InputModel opened = models.Resolve(new ModelReference(model.Text, model.Place), study.Path);
            return evaluator.Measure(new Subject(name, null, opened.Open), cancellation);
        }

        MeasuredModel Measure(string letters, Candidate candidate)
        {
            using PlanSession session = new(study.Path, StudyRecipe.Of(study, letters, candidate.Setting), catalog, host);
            string name = $"{NameOf(letters, candidate)} {candidate.Setting}".TrimEnd();
            return evaluator.Measure(new EvaluationRunner(catalog, host, options, warnings).Merge(name, session, cancellation), cancellation);
        }

        // Over tasks that count right answers where there are some, else over texts.
        Candidate Best(IEnumerable<Tried> points) => points.GroupBy(point => point.Candidate).MaxBy(same => same.Average(point =>
            new Comparison(Of(point.Letters), ItemSplit.Development).Compare(point.Model).First(metric => metric.Name == Criterion).Value))!.Key;

        StudyPoint Report(StudyStage stage, Tried point, List<Tried> tried) => new(
            NameOf(point.Letters, point.Candidate), stage.Name, point.Candidate.Method.Name, point.Candidate.Setting.Values, best.Contains(point.Candidate),
            Comparison.Mean([Test(point, [])]), Test(point, []).Comparison.Changes(point.Model), OverControl([point], tried));

        StudyMean Average(StudyStage stage, Candidate candidate, IReadOnlyList<Tried> points, List<Tried> tried) => new(
            stage.Name, candidate.Method.Name, candidate.Setting.Values, best.Contains(candidate),
            Comparison.Mean([.. points.Select(point => Test(point, []))]), OverControl(points, tried));

        IReadOnlyList<MetricSummary> OverControl(IReadOnlyList<Tried> points, List<Tried> tried)
        {
            List<Tried> controls = tried.FindAll(other => other.Candidate.Method.Name == study.Control);
            return controls.Count == 0 || points[0].Candidate.Method.Name == study.Control
                ? []
                : Comparison.Mean([.. points.Select(point => Test(point, [.. controls.Where(other => other.Letters == point.Letters).Select(other => other.Model)]))]);
        }

        ComparedMerge Test(Tried point, IReadOnlyList<MeasuredModel> others) => new(new Comparison(Of(point.Letters), ItemSplit.Test), point.Model, others);

        Constituents Of(string letters)
        {
            StudyExpert[] merged = [.. letters.Select(letter => study.Experts.First(expert => expert.Letter == letter))];
            HashSet<string>? domain = merged.Any(expert => expert.Domain is null) ? null : [.. merged.SelectMany(expert => expert.Domain!).Select(task => task.Text)];
            return new Constituents(@base, [.. letters.Select(letter => experts[letter])], domain);
        }
    }

    // All that can be known before anything is measured.
    private void Check(Study study, Suite suite)
    {
        string[] tasks = [.. suite.Tasks.Select(task => task.Name)];
        List<Problem> problems =
        [
            .. study.Experts.SelectMany(expert => expert.Domain ?? []).Where(task => !tasks.Contains(task.Text)).Select(task => new Problem(
                ErrorCodes.BadSuite, $"suite '{suite.Name}' has no task '{task.Text}'", Suggestion.Hint(task.Text, tasks, $"it has {string.Join(", ", tasks)}"), task.Place)),
        ];
        foreach ((string letters, StudySetting setting) in study.Stages.SelectMany(stage => stage.Merges).Distinct()
            .SelectMany(_ => study.Methods.SelectMany(method => method.Settings), (letters, setting) => (letters, setting)))
        {
            using PlanSession session = new(study.Path, StudyRecipe.Of(study, letters, setting), catalog, host);
            try
            {
                session.Plan(EvaluationRunner.Nowhere, options);
            }
            catch (MergeHostException exception)
            {
                problems.AddRange(exception.Problems);
            }
        }

        if (problems.Exists(problem => problem.Severity == Severity.Error))
        {
            throw new MergeHostException([.. problems.Distinct()]);
        }
    }

    // BFTA, FMTI; a method of more letters stands for itself.
    private static string NameOf(string letters, Candidate candidate) =>
        $"{(letters.Length == 1 ? "B" : "")}{letters}{(candidate.Method.Name.Length > 2 ? " " : "")}{candidate.Method.Name}";

    private sealed record Candidate(StudyMethod Method, StudySetting Setting);

    private sealed record Tried(string Letters, Candidate Candidate, MeasuredModel Model);
}
