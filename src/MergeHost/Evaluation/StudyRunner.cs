using MergeHost.Planning;
using MergeHost.Plugins;

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
    public StudySummary Run(string path, string cachePath, Action<string> tell, CancellationToken cancellation)
    {
        Study study = StudyReader.Read(path);
        PluginSet plugins = new(catalog);
        Suite suite = SuiteReader.Read(study.SuitePath, plugins, host);
        using ModelResolver models = new(plugins, host);
        Evaluator evaluator = new(suite, host, new ResultCache(cachePath), options, tell);
        MeasuredModel @base = MeasureCheckpoint("B", study.Base);
        if (@base.Tasks.All(task => ItemSplit.Development.Indices(task.Main).Length == 0 || ItemSplit.Test.Indices(task.Main).Length == 0))
        {
            throw new MergeHostException([new Problem(ErrorCodes.BadSuite, $"{study.SuitePath}: no task has items to choose settings by, and others to report on")]);
        }

        Dictionary<char, MeasuredModel> experts = study.Experts.ToDictionary(expert => expert.Letter, expert => MeasureCheckpoint($"{expert.Letter}", expert.Model));
        IReadOnlyList<Setting> settings = [.. study.Methods.SelectMany(method => method.Settings.Select(values => new Setting(method, values)))];
        IReadOnlyList<Setting> best = settings;
        List<StudyPoint> points = [];
        foreach (StudyStage stage in study.Stages)
        {
            List<Tried> tried = [.. stage.Merges.SelectMany(_ => stage.TriesAll ? settings : best, (merge, setting) => Try(merge, setting))];
            if (stage.TriesAll)
            {
                best = [.. tried.GroupBy(point => point.Setting.Method).Select(Best)];
            }

            points.AddRange(tried.Select(point => new StudyPoint(point.Name, stage.Name, point.Setting.Method.Name, point.Setting.Values, best.Contains(point.Setting), point.Test)));
        }

        return new StudySummary(study.Name, points);

        MeasuredModel MeasureCheckpoint(string name, string model)
        {
            InputModel opened = models.Resolve(new Recipes.ModelReference(model, new TextPlace(study.Path, 1, 1)), study.Path);
            return evaluator.Measure(new Subject(name, null, opened.Open), cancellation);
        }

        Tried Try(string letters, Setting setting)
        {
            string name = (letters.Length == 1 ? $"B{letters}" : letters) + setting.Method.Name;
            using PlanSession session = new(study.Path, catalog, host, RecipeOf(study, letters, setting));
            Subject subject = new EvaluationRunner(catalog, host, options, warnings).Merge($"{name} {setting}", session, cancellation);
            MeasuredModel merged = evaluator.Measure(subject, cancellation);
            MeasuredModel[] constituents = [.. letters.Select(letter => experts[letter])];
            return new Tried(name, setting, Comparison.Compare(merged, @base, constituents, ItemSplit.Development), Comparison.Compare(merged, @base, constituents, ItemSplit.Test));
        }
    }

    // Over tasks that count right answers where there are some, else over texts.
    private static Setting Best(IEnumerable<Tried> points) => points.GroupBy(point => point.Setting)
        .MaxBy(same => same.Average(point => point.Development.First(metric => metric.Name == Criterion).Value))!.Key;

    private static string RecipeOf(Study study, string letters, Setting setting)
    {
        IEnumerable<string> models = letters.Select(letter => $"- model: {Quote(study.Experts.First(expert => expert.Letter == letter).Model)}");
        IEnumerable<string> parameters = setting.Values.Select(pair => $"  {pair.Key}: {pair.Value}");
        return $"merge_method: {setting.Method.Strategy}\nbase_model: {Quote(study.Base)}\nmodels:\n{string.Join('\n', models)}\nparameters:\n{string.Join('\n', parameters)}\n";
    }

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private sealed record Setting(StudyMethod Method, IReadOnlyDictionary<string, string> Values)
    {
        public override string ToString() => string.Join(", ", Values.Select(pair => $"{pair.Key} {pair.Value}"));
    }

    private sealed record Tried(string Name, Setting Setting, IReadOnlyList<MetricSummary> Development, IReadOnlyList<MetricSummary> Test);
}
