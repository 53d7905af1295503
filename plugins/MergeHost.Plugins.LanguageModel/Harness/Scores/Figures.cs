using MergeHost.Plugins.LanguageModel.Python;
using MergeHost.Plugins.LanguageModel.Translation;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>The value of a metric over a task's items, with its standard error.</summary>
/// <param name="Value">The value.</param>
/// <param name="Error">The error, or <see langword="null"/> where there is none.</param>
internal sealed record Figure(double Value, double? Error);

/// <summary>Makes the metrics of tasks of those of their items, as lm-evaluation-harness does.</summary>
internal static class Figures
{
    // Of metrics of texts the harness draws no more.
    private const int MostTextDraws = 100;

    /// <summary>The value and its error.</summary>
    /// <param name="rule">The metric.</param>
    /// <param name="samples">Of each item, at least one.</param>
    /// <param name="draws">How many draws errors are found by where there is no formula.</param>
    /// <exception cref="FormatException">The items do not suit the metric.</exception>
    public static Figure Of(MetricRule rule, IReadOnlyList<SampleFigure> samples, int draws)
    {
        switch (rule.Aggregation)
        {
            case "mean":
                double[] values = [.. samples.Select(sample => sample.Number)];
                return new Figure(values.Sum() / values.Length, MeanError(values));
            case "nanmean":
                double[] known = [.. samples.Select(sample => sample.Number).Where(value => !double.IsNaN(value))];
                return Bootstrapped(known, value => [value, 1], sums => sums[0] / sums[1], draws);
            case "median":
                return MedianOf([.. samples.Select(sample => sample.Number)], draws);
            case "perplexity":
                return Bootstrapped(samples, sample => [sample.Number, 1], sums => Math.Exp(-(sums[0] / sums[1])), draws);
            case "weighted_perplexity":
                return new Figure(Math.Exp(Loss(samples)), null);
            case "bits_per_byte":
                return new Figure(Loss(samples) / Math.Log(2), null);
            case "brier_score":
                return new Figure(samples.Sum(Distance) / samples.Count, null);
            case "f1":
                return Bootstrapped(samples, ClassCounts.F1Counts(samples), ClassCounts.F1, draws);
            case "matthews_corrcoef":
                ClassCounts classes = new(samples);
                return Bootstrapped(samples, classes.Of, classes.Correlation, draws);
            default:
                ITranslationMetric metric = rule.Aggregation switch
                {
                    "bleu" => new Bleu(),
                    "chrf" => new Chrf(wordOrder: 0),
                    "chrf++" => new Chrf(wordOrder: 2),
                    _ => new Ter(),
                };
                return Bootstrapped(samples,
                    sample => metric.Counts((string)sample.Other!,
                        sample.Value is IReadOnlyList<object?> several ? [.. several.Cast<string>()] : [(string)sample.Value!]),
                            metric.Score, Math.Min(draws, MostTextDraws));
        }
    }

    /// <summary>The error of a mean; <see langword="null"/> of a single value.</summary>
    public static double? MeanError(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
        {
            return null;
        }

        double mean = values.Sum() / values.Count;
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)) / Math.Sqrt(values.Count);
    }

    // Of counts that are added up: the value of all items, and the deviation of what draws of as many items give.
    private static Figure Bootstrapped<T>(IReadOnlyList<T> samples, Func<T, double[]> count, Func<double[], double> value, int draws)
    {
        double[][] counts = [.. samples.Select(count)];
        return new Figure(value(PythonBootstrap.Sum(counts)), PythonBootstrap.Error(counts, value, draws));
    }

    private static Figure MedianOf(double[] values, int draws)
    {
        return new Figure(Middle(values),
            PythonBootstrap.Error(values.Length, indices => Middle(indices.Select(index => values[index])), draws));

        // Of an even number the upper one.
        double Middle(IEnumerable<double> drawn) => drawn.Order().ElementAt(values.Length / 2);
    }

    private static double Loss(IReadOnlyList<SampleFigure> samples) =>
        -samples.Sum(sample => sample.Number) / samples.Sum(sample => PythonValue.AsNumber(sample.Other)!.Value);

    private static double Distance(SampleFigure sample)
    {
        IReadOnlyList<object?> shares = (IReadOnlyList<object?>)sample.Other!;
        return shares.Select((share, index) => (double)share! - (index == (long)sample.Value! ? 1 : 0))
            .Sum(distance => distance * distance);
    }
}
