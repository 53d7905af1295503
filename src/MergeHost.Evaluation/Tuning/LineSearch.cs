using MergeHost.Evaluation.Settings;

namespace MergeHost.Evaluation.Tuning;

/// <summary>Finds where the largest of several losses is smallest along a line, in seven looks.</summary>
/// <remarks>
/// The loss of a language model along a line of weights is nearly a parabola. Each loss is looked at at four points and fitted by one; the
/// largest of the parabolas is minimised, that point is looked at, and two golden sections follow around the best.
/// </remarks>
internal static class LineSearch
{
    private const int GridPoints = 1000;
    private const int Sections = 2;
    private const double Golden = 0.381966;

    /// <summary>Searches; every point is asked for at most once.</summary>
    /// <param name="coefficient">The bounds.</param>
    /// <param name="measure">The losses at a point.</param>
    public static void Run(Coefficient coefficient, Func<double, IReadOnlyList<double>> measure)
    {
        double range = coefficient.High - coefficient.Low;
        SortedDictionary<double, double> worst = [];
        double[][] losses = [.. Enumerable.Range(1, 4).Select(quarter => Look(coefficient.Low + (quarter * range / 4)))];
        Parabola[] parabolas = [.. losses[0].Select((_, index) => Parabola.Fit([.. losses.Select(values => values[index])]))];
        Look(Enumerable.Range(0, GridPoints + 1).Select(step => coefficient.Low + (step * range / GridPoints))
            .MinBy(point => parabolas.Max(parabola => parabola.At((8 * (point - coefficient.Low) / range) - 5))));
        for (int section = 0; section < Sections; section++)
        {
            double best = worst.MinBy(point => point.Value).Key;
            double left = worst.Keys.LastOrDefault(point => point < best, coefficient.Low);
            double right = worst.Keys.FirstOrDefault(point => point > best, coefficient.High);
            Look(right - best > best - left ? best + (Golden * (right - best)) : best - (Golden * (best - left)));
        }

        double[] Look(double point)
        {
            double rounded = coefficient.Round(point);
            if (worst.ContainsKey(rounded))
            {
                return [];
            }

            double[] values = [.. measure(rounded)];
            worst.Add(rounded, values.Max());
            return values;
        }
    }

    /// <summary>A parabola through values at −3, −1, 1 and 3, by least squares.</summary>
    private readonly record struct Parabola(double Constant, double Slope, double Curvature)
    {
        public static Parabola Fit(double[] values) => new(
            values.Average(), ((3 * (values[3] - values[0])) + values[2] - values[1]) / 20,
            (values[0] - values[1] - values[2] + values[3]) / 16);

        public double At(double x) => Constant + (Slope * x) + (Curvature * ((x * x) - 5));
    }
}
