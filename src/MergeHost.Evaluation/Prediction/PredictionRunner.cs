using MergeHost.Checkpoints;
using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Suites;
using MergeHost.Loading;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plugins;
using MergeHost.Recipes;

namespace MergeHost.Evaluation.Prediction;

/// <summary>Finds what can be known of a recipe's merge before it is measured, and looks it up among merges of studies.</summary>
internal sealed class PredictionRunner(PluginCatalog catalog, PluginHost host, MergeOptions options, Action<Problem> warnings)
{
    /// <summary>Predicts.</summary>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, its suite, a model, a plugin or the examples; MH1007: it
    /// does not merge two models at least into a base.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PredictionReport Run(string recipePath, string? suitePath, string? examplesPath, Action<string> tell,
        CancellationToken cancellation)
    {
        Predictor predictor = new(examplesPath is null ? ExampleFile.Own() : ExampleFile.Read(examplesPath));
        using PlanSession session = new(recipePath, catalog, host);
        RecipeMerge merge = new(session, host, options, warnings);
        RecipeStage stage = session.Recipe.Stages[^1];
        ModelReference[] sources = [.. stage.Models.Where(model => model.Name != stage.BaseModel?.Name).DistinctBy(model => model.Name)];
        if (stage.BaseModel is null || sources.Length < 2 || session.Recipe.Stages.Count > 1)
        {
            throw new MergeHostException([new Problem(ErrorCodes.NotSupported,
                $"{recipePath}: expected one stage that merges two models at least that were trained on from its base_model, "
                    + $"found {Found(session.Recipe, sources)}",
                "Look at other models by `mergehost compare`.")]);
        }

        InputModel @base = session.Open(stage.BaseModel);
        InputModel[] experts = [.. sources.Select(session.Open)];
        tell("looking at weights");
        WeightFacts facts = new(@base, experts, options, cancellation);
        Dictionary<string, double> features;
        using (ICheckpointReader made = merge.Run(cancellation))
        {
            features = facts.Of([.. Enumerable.Range(0, experts.Length)], made, options, cancellation);
        }

        return predictor.Predict(recipePath,
            features.Concat(OfTexts(suitePath ?? session.Recipe.SuitePath, session.Plugins, @base, experts, tell, cancellation))
                .ToDictionary());
    }

    private Dictionary<string, double> OfTexts(string? suitePath, PluginSet plugins, InputModel @base, InputModel[] experts,
        Action<string> tell, CancellationToken cancellation)
    {
        if (suitePath is null)
        {
            return [];
        }

        Suite suite = SuiteReader.Read(suitePath, plugins, host, only: []);
        Evaluator evaluator = new(suite, host, new ResultCache(options.CacheFolder), options, new MeasuringProgress(tell), warnings);
        evaluator.Expect(experts.Length + 2);
        MeasuredModel before = Measure(Subject.Of("base", @base));
        MeasuredModel[] learned = [.. experts.Select(expert => Measure(Subject.Of(expert.Name, expert)))];
        return TextFeatures.Of(before, learned, Measure(new Subject("the mean", null, () => new MeanCheckpoint(experts))));

        MeasuredModel Measure(Subject subject) => evaluator.Measure(subject, cancellation);
    }

    private static string Found(Recipe recipe, ModelReference[] sources) =>
        recipe.Stages.Count > 1
            ? $"{recipe.Stages.Count} stages"
            : recipe.Stages[^1].BaseModel is null ? "no base_model" : $"{sources.Length} beside the base";
}
