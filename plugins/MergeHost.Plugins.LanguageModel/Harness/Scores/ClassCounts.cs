using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>How often each class was right and which was given: counts that can be added up.</summary>
internal sealed class ClassCounts
{
    private readonly Dictionary<object, int> _classes;

    public ClassCounts(IReadOnlyList<SampleFigure> samples)
    {
        _classes = samples.SelectMany(sample => (object?[])[sample.Value, sample.Other]).Select(PythonKeys.Of).Distinct(PythonKeys.Instance)
            .Index()
                .ToDictionary(pair => pair.Item, pair => pair.Index, PythonKeys.Instance);
    }

    /// <summary>The counts of an item: one pair of classes.</summary>
    public double[] Of(SampleFigure sample)
    {
        double[] counts = new double[_classes.Count * _classes.Count];
        counts[(_classes[PythonKeys.Of(sample.Value)] * _classes.Count) + _classes[PythonKeys.Of(sample.Other)]] = 1;
        return counts;
    }

    /// <summary>Matthews' correlation of several classes; 0 where it is not defined.</summary>
    /// <seealso href="https://doi.org/10.1016/j.compbiolchem.2004.09.006"/>
    public double Correlation(double[] counts)
    {
        int count = _classes.Count;
        double total = counts.Sum();
        double right = 0;
        double both = 0;
        double wanted = 0;
        double given = 0;
        for (int one = 0; one < count; one++)
        {
            double rows = 0;
            double columns = 0;
            for (int other = 0; other < count; other++)
            {
                rows += counts[(one * count) + other];
                columns += counts[(other * count) + one];
            }

            right += counts[(one * count) + one];
            both += rows * columns;
            wanted += rows * rows;
            given += columns * columns;
        }

        double below = Math.Sqrt((total * total) - wanted) * Math.Sqrt((total * total) - given);
        return below == 0 ? 0 : ((right * total) - both) / below;
    }

    /// <summary>Counts for <see cref="F1"/> of two classes, of which 1 is the one that is looked for.</summary>
    /// <exception cref="FormatException">There are other classes.</exception>
    public static Func<SampleFigure, double[]> F1Counts(IReadOnlyList<SampleFigure> samples)
    {
        SampleFigure? strange = samples.FirstOrDefault(sample => sample.Value is not (0L or 1L) || sample.Other is not (0L or 1L));
        return strange is null
            ? sample => [sample is { Value: 1L, Other: 1L } ? 1 : 0, sample is { Value: 0L, Other: 1L } ? 1 : 0,
                sample is { Value: 1L, Other: 0L } ? 1 : 0]
            : throw new FormatException(
                $"'f1' is for the classes 0 and 1, found {PythonValue.Text(strange.Value)} and {PythonValue.Text(strange.Other)}");
    }

    /// <summary><c>2·hits / (2·hits + false + missed)</c>; 0 where there is nothing of it.</summary>
    public static double F1(double[] counts) => counts.Sum() == 0 ? 0 : 2 * counts[0] / ((2 * counts[0]) + counts[1] + counts[2]);
}
