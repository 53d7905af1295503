using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Overlap;
using MergeHost.Evaluation.Prediction;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Runs;
using MergeHost.Evaluation.Studies;
using MergeHost.Evaluation.Suites;
using MergeHost.Evaluation.Validation;
using MergeHost.Models;
using MergeHost.Planning;
using MergeHost.Plans;
using MergeHost.Plugins;
using MergeHost.Reports;
using MergeHost.Scoring;

namespace MergeHost.Evaluation;

/// <summary>Measures checkpoints and merges: the whole of MergeHost.Evaluation behind one type.</summary>
/// <remarks>One call at a time, as for the engine.</remarks>
public sealed class EvaluationEngine
{
    private readonly MergeEngine _engine;

    /// <param name="engine">The engine whose plugins are used; it lives longer than this. From now on it
    /// checks the suites that recipes name, too.</param>
    public EvaluationEngine(MergeEngine engine)
    {
        _engine = engine;
        engine.Suites = SuiteReader.Check;
    }

    /// <summary>Measures checkpoints and merges by a suite of tasks; no merge is written, and
    /// with a cache nothing is measured twice.</summary>
    /// <param name="request">What is to be measured.</param>
    /// <param name="options">How merges are carried out, and where benchmarks run.</param>
    /// <param name="warnings">Told what is worth knowing of recipes.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="cancellation">Asks to stop; with a cache, what was measured is kept.</param>
    /// <exception cref="MergeHostException">Something is wrong with the suite, a recipe, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public EvaluationSummary Evaluate(
        EvaluationRequest request, MergeOptions options, Action<Problem>? warnings = null, Action<string>? tell = null,
        CancellationToken cancellation = default) =>
        new EvaluationRunner(_engine.Catalog, _engine.Host, options, warnings ?? (_ => { })).Run(request, tell ?? (_ => { }), cancellation);

    /// <summary>Measures what a recipe made by the suite that its <c>evaluate:</c> names, and
    /// compares it with its base and experts.</summary>
    /// <param name="recipePath">The recipe.</param>
    /// <param name="output">The folder that the result was written to.</param>
    /// <param name="options">Where benchmarks run.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="cancellation">Asks to stop; with a cache, what was measured is kept.</param>
    /// <returns><see langword="null"/> if the recipe names no suite.</returns>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public EvaluationSummary? EvaluateOutput(
        string recipePath, string output, MergeOptions options, Action<string>? tell = null, CancellationToken cancellation = default)
    {
        using PlanSession session = _engine.Open(recipePath);
        return new EvaluationRunner(_engine.Catalog, _engine.Host, options, _ => { })
            .Run(session, output, tell ?? (_ => { }), cancellation);
    }

    /// <summary>Carries out a study: tries merges of some experts with several settings, and compares them; no merge is written.</summary>
    /// <param name="studyPath">The study.</param>
    /// <param name="options">How merges are carried out, and where benchmarks run.</param>
    /// <param name="withExamples">Whether <see cref="StudySummary.Examples"/> are found; each merge is made once more for them.</param>
    /// <param name="warnings">Told what is worth knowing of the merges.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="cancellation">Asks to stop; with a cache, what was measured is kept, and the same call goes on there.</param>
    /// <exception cref="MergeHostException">Something is wrong with the study, its suite, a model or a plugin.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public StudySummary Sweep(
        string studyPath, MergeOptions options, bool withExamples = false, Action<Problem>? warnings = null, Action<string>? tell = null,
        CancellationToken cancellation = default) =>
        new StudyRunner(_engine.Catalog, _engine.Host, options, warnings ?? (_ => { }))
            .Run(studyPath, withExamples, tell ?? (_ => { }), cancellation);

    /// <summary>Measures some of the points of a study, so that <see cref="Sweep"/> finds them in the cache:
    /// those that depend on no other point.</summary>
    /// <param name="part">Which: base, experts and points are dealt out in turn.</param>
    /// <inheritdoc cref="Sweep"/>
    /// <returns>How many models are measured now.</returns>
    public int SweepPart(
        string studyPath, MergePart part, MergeOptions options, Action<Problem>? warnings = null, Action<string>? tell = null,
        CancellationToken cancellation = default) =>
        new StudyRunner(_engine.Catalog, _engine.Host, options, warnings ?? (_ => { }))
            .RunPart(studyPath, part, tell ?? (_ => { }), cancellation);

    /// <summary>The examples of a sweep as a file that <see cref="Predict"/> reads: JSON Lines, a merge a line.</summary>
    public static string ExamplesText(StudySummary summary) => ExampleFile.Text(summary.Examples);

    /// <summary>Looks a recipe's merge up among the merges of studies, by what can be known of it before
    /// it is measured; no merge is written.</summary>
    /// <param name="recipePath">The recipe: one stage that merges two models at least into their base.</param>
    /// <param name="suitePath">The suite whose texts base and experts are measured by; <see langword="null"/> for
    /// the one that the recipe names, if any.</param>
    /// <param name="examplesPath">The merges of studies, as a sweep writes them;
    /// <see langword="null"/> for those of our own studies.</param>
    /// <param name="options">How merges are carried out, and where benchmarks run.</param>
    /// <param name="warnings">Told what is worth knowing of the recipe.</param>
    /// <param name="tell">Told what is being done, in a line.</param>
    /// <param name="cancellation">Asks to stop; with a cache, what was measured is kept.</param>
    /// <exception cref="MergeHostException">Something is wrong with the recipe, its suite, a model, a plugin or the examples.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public PredictionReport Predict(
        string recipePath, string? suitePath, string? examplesPath, MergeOptions options, Action<Problem>? warnings = null,
        Action<string>? tell = null,
        CancellationToken cancellation = default) =>
        new PredictionRunner(_engine.Catalog, _engine.Host, options, warnings ?? (_ => { }))
            .Run(recipePath, suitePath, examplesPath, tell ?? (_ => { }), cancellation);

    /// <summary>Checks scores by benchmarks: sets units of the adapted model to the base's, and measures
    /// what that changes; writes no model.</summary>
    /// <param name="report">The scores of two models that are still there.</param>
    /// <param name="request">By which tasks.</param>
    /// <param name="options">Where benchmarks run.</param>
    /// <param name="tell">Told what is being measured, in a line.</param>
    /// <param name="cancellation">Asks to stop; with a cache, what was measured is kept, and the same call goes on there.</param>
    /// <returns>The report with <see cref="ScoreReport.Validation"/>.</returns>
    /// <exception cref="MergeHostException">There is no such suite or task, or a benchmark cannot run the models.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ScoreReport Validate(
        ScoreReport report, ValidationRequest request, MergeOptions options, Action<string>? tell = null,
        CancellationToken cancellation = default)
    {
        PluginSet plugins = new(_engine.Catalog);
        using ModelResolver models = new(plugins, _engine.Host);
        Evaluator evaluator = new(SuiteReader.Read(request.SuitePath, plugins, _engine.Host, request.Tasks), _engine.Host,
            new ResultCache(options.CacheFolder), options, new MeasuringProgress(tell ?? (_ => { })), _ => { });
        IReadOnlyList<ScorePair> pairs = PairMapper.Map(models.Open(report.Base), models.Open(report.Adapted));
        return report with { Validation = new ScoreValidator(report, pairs, evaluator, request.ByLayer, cancellation).Run() };
    }

    /// <summary>The digests of checkpoints, by which results are kept; each is read whole.</summary>
    /// <param name="models">Files or folders.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">A checkpoint is not there or cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public IReadOnlyList<string> Digests(IReadOnlyList<string> models, CancellationToken cancellation = default)
    {
        using ModelResolver resolver = new(new PluginSet(_engine.Catalog), _engine.Host);
        return [.. models.Select(model => WeightsDigest.Of(resolver.Open(model).Open(), cancellation))];
    }

    /// <summary>Looks for a suite's items in texts, such as those that a model was trained on, by runs of words.</summary>
    /// <param name="suitePath">The suite, or a task file of lm-evaluation-harness.</param>
    /// <param name="texts">The files of the texts, in UTF-8.</param>
    /// <param name="words">How long runs are, at least 1; of a shorter item it is the whole.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="MergeHostException">Something is wrong with the suite, or a text cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public OverlapReport FindOverlap(string suitePath, IReadOnlyList<string> texts, int words, CancellationToken cancellation = default) =>
        OverlapFinder.Find(SuiteReader.Read(suitePath, new PluginSet(_engine.Catalog), _engine.Host, only: []), _engine.Host, texts, words,
            cancellation);

    /// <summary>Compares runs of the same tasks item by item, by any tool that keeps what it found for each item.</summary>
    /// <param name="paths">The runs, at least two: folders or results files with <c>samples_*.jsonl</c> beside them,
    /// or JSON Lines with an id and numbers.</param>
    /// <param name="cluster">A field of the items; those of the same value are not independent. <see langword="null"/> if all are.</param>
    /// <exception cref="MergeHostException">A run has no items, or runs have none in common.</exception>
    public static RunComparison CompareRuns(IReadOnlyList<string> paths, string? cluster = null)
    {
        List<Run> runs = [];
        List<Problem> problems = [];
        foreach (string path in paths)
        {
            try
            {
                runs.Add(RunReader.Read(path, cluster));
            }
            catch (MergeHostException exception)
            {
                problems.AddRange(exception.Problems);
            }
        }

        return problems.Count == 0 ? RunComparer.Compare(runs) : throw new MergeHostException(problems);
    }
}
