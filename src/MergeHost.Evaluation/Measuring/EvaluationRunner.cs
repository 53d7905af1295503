using MergeHost.Benchmarks;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Runs;
using MergeHost.Evaluation.Suites;
using MergeHost.Loading;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Recipes;
using MergeHost.Reports;

namespace MergeHost.Evaluation.Measuring;

/// <summary>Measures checkpoints and recipes by a suite, and compares them.</summary>
internal sealed class EvaluationRunner(PluginCatalog catalog, PluginHost host, MergeOptions options, Action<Problem> warnings)
{
    /// <summary>Runs a request.</summary>
    /// <exception cref="MergeHostException">Something is wrong with the suite, a model, a recipe or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped; results of whole tasks are kept.</exception>
    public EvaluationSummary Run(EvaluationRequest request, Action<string> tell, CancellationToken cancellation)
    {
        PluginSet plugins = new(catalog);
        Suite suite = SuiteReader.Read(request.SuitePath, plugins, host, request.Tasks);
        using ModelResolver models = new(plugins, host);
        Evaluator evaluator = new(suite, host, new ResultCache(options.CacheFolder), options, new MeasuringProgress(tell), warnings)
        {
            KeepsRecords = request.ResultsFolder is not null
        };
        ResultsWriter? writer = request.ResultsFolder is null
            ? null
            : new ResultsWriter(request.ResultsFolder, options, DateTimeOffset.UtcNow);
        evaluator.Expect(request.Experts.Concat(request.Models).Append(request.Base)
            .Count(path => path is not null && !HarnessResults.IsResults(path)));
        MeasuredModel? @base = request.Base is null ? null : Measure(request.Base);
        MeasuredModel[] experts = [.. request.Experts.Select(Measure)];
        MeasuredModel[] measured = [.. request.Models.Select(Measure)];

        // What was measured elsewhere has one metric a task; beside it the others show no more.
        return request.Models.Any(HarnessResults.IsResults)
            ? Summarize(suite, @base?.MainOnly(), [.. experts.Select(expert => expert.MainOnly())],
                [.. measured.Select(model => model.MainOnly())])
            : Summarize(suite, @base, experts, measured);

        MeasuredModel Measure(string path)
        {
            if (HarnessResults.IsResults(path))
            {
                return HarnessResults.Measure(path, suite);
            }

            if (RecipeMerge.IsRecipe(path))
            {
                using PlanSession session = new(path, catalog, host);
                return Keep(evaluator.Measure(Merge(path, session, cancellation), cancellation));
            }

            return Keep(evaluator.Measure(Subject.Of(path, models.Open(path)), cancellation));
        }

        MeasuredModel Keep(MeasuredModel model)
        {
            if (writer is not null)
            {
                tell($"{writer.Write(model)}: written");
            }

            return model;
        }
    }

    /// <summary>Measures what a recipe made, and its base and sources but for results of other stages.</summary>
    /// <param name="session">The recipe.</param>
    /// <param name="output">What it made.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <returns><see langword="null"/> if the recipe names no suite.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the suite, a model, the recipe or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped; results of whole tasks are kept.</exception>
    public EvaluationSummary? Run(PlanSession session, string output, Action<string> tell, CancellationToken cancellation)
    {
        if (session.NamesNoSuite)
        {
            return null;
        }

        session.Plan(output, options with { Force = true });
        Suite suite = SuiteReader.Read(session.Recipe.SuitePath!, session.Plugins, host, only: []);
        RecipeStage last = session.Recipe.Stages[^1];
        ModelReference[] sources = [.. last.Models.Where(model => model.Name != last.BaseModel?.Name
            && model.StageName(name => session.Recipe.Stages.Any(stage => stage.Name == name)) is null)];
        Evaluator evaluator = new(suite, host, new ResultCache(options.CacheFolder), options, new MeasuringProgress(tell), warnings);
        evaluator.Expect(sources.Length + (last.BaseModel is null ? 1 : 2));
        MeasuredModel? @base = last.BaseModel is null ? null : Measure(last.BaseModel);
        MeasuredModel[] experts = [.. sources.Select(Measure)];
        using ModelResolver models = new(new PluginSet(catalog), host);
        return Summarize(suite, @base, experts, [evaluator.Measure(Subject.Of(output, models.Open(output)), cancellation)]);

        MeasuredModel Measure(ModelReference model) => evaluator.Measure(Subject.Of(model.Name, session.Open(model)), cancellation);
    }

    /// <summary>A merge that is made in memory once it is needed.</summary>
    /// <param name="name">Its name in tables.</param>
    /// <param name="session">The recipe; it must stay open until the merge is measured.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin.</exception>
    public Subject Merge(string name, PlanSession session, CancellationToken cancellation)
    {
        RecipeMerge merge = new(session, host, options, warnings);
        return new Subject(name, merge.Identity, () => merge.Run(cancellation));
    }

    private static EvaluationSummary Summarize(Suite suite, MeasuredModel? @base, MeasuredModel[] experts, MeasuredModel[] models)
    {
        Comparison? comparison = @base is null ? null : new Comparison(new Constituents(@base, experts));
        return new EvaluationSummary(suite.Name,
        [
            .. @base is null ? [] : (ModelSummary[])[Summarize(@base, "base")],
            .. experts.Select(expert => Summarize(expert, "expert") with { Changes = comparison?.Changes(expert) ?? [] }),
            .. models.Select(model => Summarize(model, "model") with
            {
                Changes = comparison?.Changes(model) ?? [],
                Gaps = experts.Length > 0 && comparison is not null ? comparison.Gaps(model) : [],
                Metrics = experts.Length > 0 && comparison is not null ? comparison.Compare(model) : [],
            }),
        ]);
    }

    private static ModelSummary Summarize(MeasuredModel model, string role) =>
        new(model.Name, role, model.Weights, [.. model.Tasks.SelectMany(task => task.Results.Select(result => Summarize(task, result)))]);

    private static TaskSummary Summarize(MeasuredTask task, TaskResult result)
    {
        (double Low, double High)? interval = result.Interval ?? (result.Items.Count == 0 ? null : Interval());
        return new TaskSummary(task.NameOf(result), result.Metric, result == task.Main, result.Value, interval?.Low, interval?.High,
            result.Count, result.HigherIsBetter)
        {
            IsPercent = result.IsPercent,
            CutCount = result.CutCount,
        };

        (double Low, double High)? Interval()
        {
            double[] values = Bootstrap.Values(task.Task.Name, result, ItemSplit.All.Indices(result));
            return Bootstrap.Intervals(draw => [values[draw]])[0];
        }
    }
}
