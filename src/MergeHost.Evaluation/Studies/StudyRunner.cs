using MergeHost.Checkpoints;
using MergeHost.Comparing;
using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Prediction;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Settings;
using MergeHost.Evaluation.Suites;
using MergeHost.Loading;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Recipes;
using MergeHost.Reports;
using MergeHost.Storage.Text;
using MergeHost.Yaml;

namespace MergeHost.Evaluation.Studies;

/// <summary>Carries out studies: makes each merge in memory, measures it, and compares it with what it was made of.</summary>
/// <remarks>
/// Settings are chosen on one half of the items of each task and reported on the other. What was measured before is not measured again,
/// so that a study that was killed goes on where it was.
/// </remarks>
internal sealed class StudyRunner(PluginCatalog catalog, PluginHost host, MergeOptions options, Action<Problem> warnings)
{
    /// <summary>Runs a study.</summary>
    /// <exception cref="MergeHostException">Something is wrong with the study, its suite, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what was measured is kept.</exception>
    /// <param name="path">The study.</param>
    /// <param name="withExamples">Whether what could be known of each merge beforehand is found, too.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="cancellation">Asks to stop.</param>
    public StudySummary Run(string path, bool withExamples, Action<string> tell, CancellationToken cancellation)
    {
        using KeptChanges changes = new(options.CacheFolder);
        Study study = StudyReader.Read(path);
        PluginSet plugins = new(catalog);
        Suite suite = SuiteReader.Read(study.SuitePath, plugins, host, only: []);
        Check(study, suite);
        using ModelResolver models = new(plugins, host);
        InputModel @base = Open("B", study.Base);
        InputModel[] experts = [.. study.Experts.Select(expert => Open($"{expert.Letter}", expert.Model))];
        Evaluator evaluator = new(suite, host, new ResultCache(options.CacheFolder), options, new MeasuringProgress(tell), warnings);
        evaluator.Expect(1 + experts.Length
            + study.Stages.Sum(stage => stage.Merges.Count * study.Methods.Where(stage.Tries)
                .Sum(method => stage.TriesAll ? Math.Max(1, method.Settings.Count) : 1)));
        StudyModels measured = new(
            study, evaluator, Measure(@base), [.. experts.Select(Measure)],
            (name, recipe, measure) => Merge(study, name, recipe, changes, measure, cancellation), Mean, cancellation);
        StudyReport report = new(study, measured);
        IReadOnlyList<Candidate> all = [.. study.Methods.SelectMany(method =>
            method.Settings.Select(setting => new Candidate(method, setting)))];
        IReadOnlyList<Candidate> best = all;
        List<StudyMerge> tried = [];
        foreach (StudyStage stage in study.Stages)
        {
            List<StudyMerge> merges = [.. stage.Merges.SelectMany(letters => Try(stage, letters, stage.TriesAll ? all : best))];
            if (stage.TriesAll)
            {
                // What was found before of methods that this stage does not try still holds.
                best = [.. best.Where(candidate => !stage.Tries(candidate.Method)),
                    .. merges.Where(merge => merge.Tuned is null).GroupBy(merge => merge.Candidate.Method).Select(Best)];
            }

            report.Add(stage, merges, best);
            tried.AddRange(merges);
        }

        ComparisonReport distances = new CompareRunner([@base, .. experts], hasBase: true).Run(options, progress: null, cancellation);
        StudySummary summary = report.Summarize(distances with
        {
            Pairs = [.. distances.Pairs.Select(pair => pair with { Layers = [], Tensors = [] })]
        });
        return withExamples
            ? summary with
            {
                Examples = new StudyExamples(study, @base, experts, measured, evaluator, Mean, Look, options, tell, cancellation).Of(tried)
            }
            : summary;

        Subject Mean(string letters) =>
            new($"{letters} 1/N", null, () => new MeanCheckpoint([.. letters.Select(letter => experts[Index(letter)])]));

        int Index(char letter) => study.Experts.Index().First(expert => expert.Item.Letter == letter).Index;

        Dictionary<string, double> Look(string name, YamlMapping recipe, Func<ICheckpointReader, Dictionary<string, double>> look) =>
            Merge(study, name, recipe, changes, subject =>
            {
                using ICheckpointReader made = subject.Open();
                return look(made);
            }, cancellation);

        InputModel Open(string name, YamlScalar model) =>
            models.Resolve(new ModelReference(model.Text, model.Place), study.Path) with { Name = name };

        MeasuredModel Measure(InputModel model) => evaluator.Measure(Subject.Of(model.Name, model), cancellation);

        IEnumerable<StudyMerge> Try(StudyStage stage, string letters, IEnumerable<Candidate> candidates) =>
        [
            .. candidates.Where(candidate => stage.Tries(candidate.Method))
                .Select(candidate => new StudyMerge(letters, candidate, measured.Measure(letters, candidate))),
            .. study.Methods.Where(method => method.Tuned is not null && stage.Tries(method))
                .Select(method => measured.Tune(letters, method)),
        ];

        Candidate Best(IEnumerable<StudyMerge> merges) =>
            merges.GroupBy(merge => merge.Candidate).MaxBy(same => same.Average(measured.Development))!.Key;
    }

    /// <summary>Measures some of the points of a study, for the cache; what hangs on the outcome of others is left out.</summary>
    /// <returns>How many models were measured.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the study, its suite, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what was measured is kept.</exception>
    public int RunPart(string path, MergePart part, Action<string> tell, CancellationToken cancellation)
    {
        using KeptChanges changes = new(options.CacheFolder);
        Study study = StudyReader.Read(path);
        PluginSet plugins = new(catalog);
        Suite suite = SuiteReader.Read(study.SuitePath, plugins, host, only: []);
        Check(study, suite);
        using ModelResolver models = new(plugins, host);
        Evaluator evaluator = new(suite, host, new ResultCache(options.CacheFolder), options, new MeasuringProgress(tell), warnings);
        IEnumerable<Action> points = study.Experts.Select(expert => ($"{expert.Letter}", expert.Model)).Prepend(("B", study.Base))
            .Select(model => (Action)(() =>
                evaluator.Measure(Subject.Of(model.Item1,
                    models.Resolve(new ModelReference(model.Item2.Text, model.Item2.Place), study.Path)), cancellation)));
        foreach (string letters in study.Stages.Where(stage => stage.TriesAll).SelectMany(stage => stage.Merges).Distinct())
        {
            points = points.Concat(study.Methods.SelectMany(method => method.Settings, (method, setting) => (Action)(() =>
            {
                string name = $"{StudyMerge.NameOf(letters, method)} {setting}".TrimEnd();
                Merge(study, name, StudyRecipe.Of(study, letters, setting), changes, subject => evaluator.Measure(subject, cancellation),
                    cancellation);
            })));
        }

        Action[] mine = [.. points.Where((_, number) => number % part.Count == part.Number - 1)];
        evaluator.Expect(mine.Length);
        Array.ForEach(mine, point => point());
        return mine.Length;
    }

    private T Merge<T>(Study study, string name, YamlMapping recipe, KeptChanges changes, Func<Subject, T> use,
        CancellationToken cancellation)
    {
        changes.Begin(YamlText.Of(StudyRecipe.WithoutLambda(recipe)));
        using PlanSession session = new(study.Path, recipe, catalog, host);
        return use(new EvaluationRunner(catalog, host, options with { Changes = changes }, warnings).Merge(name, session, cancellation));
    }

    // All that can be known before anything is measured.
    private void Check(Study study, Suite suite)
    {
        string[] tasks = [.. suite.Tasks.Select(task => task.Name)];
        List<Problem> problems =
        [
            .. study.Experts.SelectMany(expert => expert.Domain ?? []).Where(task => !tasks.Contains(task.Text)).Select(task => new Problem(
                ErrorCodes.BadSuite, $"suite '{suite.Name}' has no task '{task.Text}'",
                Suggestion.Hint(task.Text, tasks, $"it has {string.Join(", ", tasks)}"), task.Place)),
        ];
        IEnumerable<(string Letters, StudySetting Setting)> merges = study.Stages
            .SelectMany(stage => stage.Merges.SelectMany(_ => study.Methods.Where(stage.Tries), (letters, method) => (letters, method)))
            .SelectMany(merge => merge.method.Tuned is null ? merge.method.Settings : [merge.method.Tuned.Middle],
                (merge, setting) => (merge.letters, setting))
            .Distinct();
        foreach ((string letters, StudySetting setting) in merges)
        {
            using PlanSession session = new(study.Path, StudyRecipe.Of(study, letters, setting), catalog, host);
            try
            {
                session.Plan(RecipeMerge.Nowhere, options);
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
}
