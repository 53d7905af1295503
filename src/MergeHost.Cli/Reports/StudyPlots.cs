using System.Globalization;
using MergeHost.Evaluation.Reports;
using MergeHost.Reports;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace MergeHost.Cli.Reports;

/// <summary>Pictures of studies, as SVG that stands in a page.</summary>
internal static class StudyPlots
{
    /// <summary>A metric along a number that was tried, a line for each merge, with the intervals as bands.</summary>
    /// <param name="sweep">The merges by a method that differ in one number.</param>
    /// <param name="metric">The metric's name.</param>
    /// <param name="over">Over which tasks.</param>
    public static string Curves(StudySweep sweep, string metric, string over)
    {
        PlotModel model = new() { DefaultFont = SvgPlot.Font };
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = sweep.Setting, MinimumPadding = 0.02, MaximumPadding = 0.02 });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = Output.Numbers.Name(metric), MajorGridlineStyle = LineStyle.Dot });
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, sweep.Lines.Count));
        foreach ((int index, (string name, IReadOnlyList<(double X, StudyPoint Point)> points)) in sweep.Lines.Index())
        {
            OxyColor color = colors.Colors[index];
            LineSeries line = new() { Title = name, Color = color, MarkerType = MarkerType.Circle, MarkerSize = 3 };
            AreaSeries band = new() { Color = OxyColors.Transparent, Fill = OxyColor.FromAColor(32, color), RenderInLegend = false };
            foreach ((double x, MetricSummary found) in points.Select(point => (point.X, Find(point.Point, metric, over))))
            {
                line.Points.Add(new DataPoint(x, found.Value ?? double.NaN));
                band.Points.Add(new DataPoint(x, found.Low ?? double.NaN));
                band.Points2.Add(new DataPoint(x, found.High ?? double.NaN));
            }

            model.Series.Add(band);
            model.Series.Add(line);
        }

        return SvgPlot.Export(model, 320);
    }

    /// <summary>A metric in a grid: a row for each merge, a column for each number that was tried.</summary>
    /// <param name="sweep">The merges by a method that differ in one number.</param>
    /// <param name="metric">The metric's name.</param>
    /// <param name="over">Over which tasks.</param>
    public static string HeatMap(StudySweep sweep, string metric, string over)
    {
        double[] columns = [.. sweep.Lines.SelectMany(line => line.Points.Select(point => point.X)).Distinct().Order()];
        double[,] data = new double[columns.Length, sweep.Lines.Count];
        for (int row = 0; row < sweep.Lines.Count; row++)
        {
            for (int column = 0; column < columns.Length; column++)
            {
                StudyPoint? point = sweep.Lines[row].Points.FirstOrDefault(point => point.X == columns[column]).Point;
                data[column, row] = point is null ? double.NaN : Find(point, metric, over).Value ?? double.NaN;
            }
        }

        return HeatMapPlot.Of(
            [.. columns.Select(value => value.ToString(CultureInfo.InvariantCulture))], [.. sweep.Lines.Select(line => line.Name)], data, format: "0.00");
    }

    /// <summary>What all merges keep: of general ability to the right, of the experts' gain upwards.</summary>
    public static string Plane(IReadOnlyList<StudyPoint> points, string over)
    {
        PlotModel model = KeptPlane.Create("experts' gain");
        List<IGrouping<string, StudyPoint>> merges = [.. points.GroupBy(point => point.Name)];
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, merges.Count));
        foreach ((int index, IGrouping<string, StudyPoint> merge) in merges.Index())
        {
            OxyColor color = colors.Colors[index];
            ScatterSeries series = new() { Title = merge.Key, MarkerType = MarkerType.Circle, MarkerFill = color, MarkerSize = 3.5 };
            series.Points.AddRange(merge.Select(point => KeptPlane.Place(Find(point, "retention", over).Value, Find(point, "gainKept", over).Value))
                .Select(place => new ScatterPoint(place.X, place.Y)));
            model.Series.Add(series);
        }

        return SvgPlot.Export(model, 180 + (20 * merges.Count));
    }

    private static MetricSummary Find(StudyPoint point, string metric, string over) =>
        point.Metrics.First(candidate => candidate.Name == metric && candidate.Over == over);
}
