using MergeHost.Benchmarks;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Running;

namespace MergeHost.Evaluation;

/// <summary>Measures checkpoints and recipes by a suite, and compares them.</summary>
internal sealed class EvaluationRunner(PluginCatalog catalog, PluginHost host, MergeOptions options, Action<Problem> warnings)
{
    /// <summary>Merges in memory are planned as if they were written here; nothing is.</summary>
    public static string Nowhere { get; } = Path.Combine(Path.GetTempPath(), "mergehost-in-memory");

    /// <summary>Runs a request.</summary>
    /// <exception cref="MergeHostException">Something is wrong with the suite, a model, a recipe or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped; results of whole tasks are kept.</exception>
    public EvaluationSummary Run(EvaluationRequest request, Action<string> tell, CancellationToken cancellation)
    {
        PluginSet plugins = new(catalog);
        Suite suite = SuiteReader.Read(request.SuitePath, plugins, host);
        using ModelResolver models = new(plugins, host);
        Evaluator evaluator = new(suite, host, new ResultCache(options.ResultsFolder), options, tell);
        MeasuredModel? @base = request.Base is null ? null : Measure(request.Base);
        List<MeasuredModel> experts = [.. request.Experts.Select(Measure)];
        List<ModelSummary> summaries = [.. @base is null ? [] : (ModelSummary[])[Summarize(@base, "base", [])], .. experts.Select(expert => Summarize(expert, "expert", []))];
        foreach (string name in request.Models)
        {
            MeasuredModel model = Measure(name);
            summaries.Add(Summarize(model, "model", @base is null || experts.Count == 0 ? [] : new Comparison(new Constituents(@base, experts)).Compare(model)));
        }

        return new EvaluationSummary(suite.Name, summaries);

        MeasuredModel Measure(string path)
        {
            if (IsRecipe(path))
            {
                using PlanSession session = new(path, catalog, host);
                return evaluator.Measure(Merge(path, session, cancellation), cancellation);
            }

            InputModel model = models.Open(path);
            return evaluator.Measure(new Subject(path, null, model.Open), cancellation);
        }
    }

    /// <summary>A merge that is made in memory once it is needed.</summary>
    /// <param name="name">Its name in tables.</param>
    /// <param name="session">The recipe; it must stay open until the merge is measured.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin.</exception>
    public Subject Merge(string name, PlanSession session, CancellationToken cancellation)
    {
        MergePlan plan = session.Plan(Nowhere, options);
        foreach (Problem warning in plan.Warnings)
        {
            warnings(warning);
        }

        return new Subject(name, MergeIdentity.OfUnfinished(plan, plan.Stages[^1], options), () => new MemoryRunner(plan, Nowhere, host, options).Run(cancellation));
    }

    /// <summary>The results of a model with their intervals.</summary>
    public static ModelSummary Summarize(MeasuredModel model, string role, IReadOnlyList<MetricSummary> metrics) =>
        new(model.Name, role, model.Weights, [.. model.Tasks.SelectMany(task => task.Results.Select(result => Summarize(task, result)))], metrics);

    private static TaskSummary Summarize(MeasuredTask task, TaskResult result)
    {
        (double Low, double High)? interval = result.Interval
            ?? (result.Items.Count == 0 ? null : Bootstrap.Intervals([result.Items.Count], draws => [TaskScore.Value(result, draws[0])])[0]);
        return new TaskSummary(task.Task.Name, result.Metric, result == task.Main, result.Value, interval?.Low, interval?.High, result.Count, result.HigherIsBetter);
    }

    private static bool IsRecipe(string path) => path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal);
}
