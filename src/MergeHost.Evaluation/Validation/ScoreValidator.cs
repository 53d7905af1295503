using MergeHost.Evaluation.Measuring;
using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Statistics;
using MergeHost.Plans;
using MergeHost.Reports;
using MergeHost.Scoring;
using MergeHost.Selecting;

namespace MergeHost.Evaluation.Validation;

/// <summary>
/// Checks scores against the truth that they stand for: units of the adapted model are set to the base's, one by one and then more and more
/// in each scorer's order, and benchmarks say what comes back and what is lost.
/// </summary>
/// <param name="report">The scores.</param>
/// <param name="pairs">The tensors of the two models.</param>
/// <param name="evaluator">Runs the benchmarks.</param>
/// <param name="byLayer">Whether whole layers are swapped.</param>
/// <param name="cancellation">Asks to stop; what was measured is kept.</param>
internal sealed class ScoreValidator(
    ScoreReport report, IReadOnlyList<ScorePair> pairs, Evaluator evaluator, bool byLayer, CancellationToken cancellation)
{
    private const int MostSteps = 10;

    /// <summary>Measures what there is to measure.</summary>
    /// <exception cref="MergeHostException">A benchmark cannot run the models, or there is nothing to compare.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public ScoreValidation Run()
    {
        IReadOnlyList<Unit> units = Units();
        evaluator.Expect(2 + units.Count + (report.Scorers.Count * (Steps(units) + 1)));
        MeasuredModel @base = Measure(Subject.Of("base", pairs[0].Base.Model));
        MeasuredModel adapted = Measure(Subject.Of("adapted", pairs[0].Adapted.Model));
        IReadOnlyList<KeptAbility> before = Kept(adapted, @base, adapted);
        IReadOnlyList<SwappedUnit> swapped =
        [
            .. units.Index().Select(unit => new SwappedUnit(
                unit.Item.Name, unit.Item.Kind, Swap($"without {unit.Item.Name}", [unit.Item], @base, adapted))),
        ];
        IReadOnlyList<RestorationCurve> curves = [.. report.Scorers.Select((scorer,
            column) => Curve(scorer, units, column, @base, adapted))];
        return new ScoreValidation
        {
            Suite = evaluator.Suite.Name,
            Tasks = [.. evaluator.Suite.Tasks.Select(task => task.Name)],
            ByLayer = byLayer,
            Adapted = before,
            Units = swapped,
            Agreements = [.. before.SelectMany((kept,
                over) => report.Scorers.Select((scorer, column) => Agreement(scorer, column, over, units, swapped, curves[column])))],
            Curves = curves,
        };
    }

    private MeasuredModel Measure(Subject subject) => evaluator.Measure(subject, cancellation);

    private static int Steps(IReadOnlyList<Unit> units) => Math.Min(units.GroupBy(unit => unit.Kind).Max(kind => kind.Count()), MostSteps);

    private IReadOnlyList<KeptAbility> Swap(string name, IEnumerable<Unit> units, MeasuredModel @base, MeasuredModel adapted) =>
        Kept(Measure(new Subject(name, null, () => Swapped(units.SelectMany(unit => unit.Pairs)))), @base, adapted);

    private SwappedCheckpoint Swapped(IEnumerable<ScorePair> swapped) =>
        new(pairs[0].Base.Model.Open(), pairs[0].Adapted.Model.Open(), swapped);

    private static IReadOnlyList<KeptAbility> Kept(MeasuredModel model, MeasuredModel @base, MeasuredModel adapted) =>
    [
        .. new Comparison(new Constituents(@base, [adapted])).Compare(model).GroupBy(metric => metric.Over)
            .Select(kind => new KeptAbility(kind.Key, kind.First(metric => metric.Name == "retention").Value,
                kind.First(metric => metric.Name == "gainKept").Value)),
    ];

    // Those that all scorers have a score for.
    private List<Unit> Units()
    {
        List<SelectionScores> scores = [.. report.Scorers.Select(scorer => new SelectionScores([ColumnOf(scorer)],
            [.. report.Tensors.Select(tensor => tensor.Module)]))];
        List<Unit> units;
        if (byLayer)
        {
            List<IReadOnlyDictionary<int, double>> layers = [.. scores.Select(scorer =>
                scorer.OfLayers([.. report.Tensors.Select(tensor => tensor.Layer)]))];
            units =
            [
                .. pairs.Where(pair => layers.TrueForAll(scored => scored.ContainsKey(pair.Layer ?? -1))).GroupBy(pair => pair.Layer!.Value)
                    .OrderBy(layer => layer.Key)
                        .Select(layer => new Unit($"layer {layer.Key}", "", [.. layer], [.. layers.Select(scored => scored[layer.Key])])),
            ];
        }
        else
        {
            List<IReadOnlyList<double>> tensors = [.. scores.Select(scorer => scorer.OfTensors())];
            units =
            [
                .. pairs.Index().Where(pair => tensors.TrueForAll(scored => !double.IsNaN(scored[pair.Index])))
                    .Select(pair => new Unit(pair.Item.Name, pair.Item.Module, [pair.Item],
                        [.. tensors.Select(scored => scored[pair.Index])])),
            ];
        }

        return units.Count > 0 ? units : throw new MergeHostException([new Problem(
            ErrorCodes.ValueOutOfRange,
            $"no {(byLayer ? "layer" : "tensor")} has a score of every scorer, so that there is nothing to validate",
            "Ask for fewer scorers.")]);
    }

    private ScoreColumn ColumnOf(ScorerSummary scorer) => new(
        scorer.RestoreFirst, scorer.Comparability,
        [.. report.Tensors.Select(tensor => tensor.Scores.TryGetValue(scorer.Id, out ScoreSummary? score) ? score.Value : double.NaN)]);

    private RestorationCurve Curve(ScorerSummary scorer, IReadOnlyList<Unit> units, int column, MeasuredModel @base, MeasuredModel adapted)
    {
        List<Unit[]> kinds = [.. units.GroupBy(unit => unit.Kind)
            .Select(kind => kind.OrderByDescending(unit => Oriented(scorer, unit.Scores[column])).ToArray())];
        int steps = Steps(units);
        return new RestorationCurve(scorer.Id, [.. Enumerable.Range(0, steps + 1).Select(step => (double)step / steps).Select(Point)]);

        RestorationPoint Point(double fraction)
        {
            List<Unit> restored = [.. kinds.SelectMany(kind => kind.Take(Selector.Count(kind.Length, fraction)))];
            return new RestorationPoint(fraction, restored.Count,
                Swap($"{scorer.Id}: {restored.Count} of {units.Count} units", restored, @base, adapted));
        }
    }

    private static ScorerAgreement Agreement(ScorerSummary scorer, int column, int over, IReadOnlyList<Unit> units,
        IReadOnlyList<SwappedUnit> swapped, RestorationCurve curve)
    {
        string[] kinds = [.. units.Select(unit => unit.Kind)];
        double[] scores = [.. units.Select(unit => Oriented(scorer, unit.Scores[column]))];
        return new ScorerAgreement(
            scorer.Id, swapped[0].Kept[over].Over, Correlate(kept => kept.General), Correlate(kept => kept.Gain),
            TradeOff([.. curve.Points.Select(point => point.Kept[over])]));

        RankCorrelation? Correlate(Func<KeptAbility, double?> ability)
        {
            double?[] effects = [.. swapped.Select(unit => ability(unit.Kept[over]))];
            return effects.Contains(null) ? null : RankAgreement.Of(kinds, scores, [.. effects.Select(effect => effect!.Value)]);
        }
    }

    // The first point is the adapted model, and all orders end at the same last.
    private static double? TradeOff(KeptAbility[] curve)
    {
        KeptAbility adapted = curve[0];
        return adapted.General < 1 && curve.Length > 2
            ? curve[1..^1].Average(point => ((point.General - adapted.General) / (1 - adapted.General)) - (adapted.Gain - point.Gain))
            : null;
    }

    private static double Oriented(ScorerSummary scorer, double score) => scorer.RestoreFirst == RestoreFirst.Highest ? score : -score;

    private sealed record Unit(string Name, string Kind, IReadOnlyList<ScorePair> Pairs, IReadOnlyList<double> Scores);
}
