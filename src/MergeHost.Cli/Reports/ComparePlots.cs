using MergeHost.Cli.Output;
using MergeHost.Reports;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace MergeHost.Cli.Reports;

/// <summary>Pictures of distances, as SVG that stands in a page.</summary>
internal static class ComparePlots
{
    /// <summary>The cosine of each two models, as a square.</summary>
    /// <param name="report">The distances.</param>
    /// <param name="cosine">Which cosine; models that have none with any other are left out.</param>
    public static string Cosines(ComparisonReport report, Func<Distance, double?> cosine)
    {
        List<(string A, string B, double? Cosine)> pairs = [.. report.Pairs.Select(pair => (pair.A, pair.B, cosine(pair.Whole)))];
        List<string> models = [.. pairs.Where(pair => pair.Cosine is not null).SelectMany(pair => new[] { pair.A, pair.B }).Distinct()];
        double[,] data = new double[models.Count, models.Count];
        for (int row = 0; row < models.Count; row++)
        {
            for (int column = 0; column < models.Count; column++)
            {
                data[column, row] = row == column ? 1
                    : pairs.Find(pair => (pair.A == models[row] && pair.B == models[column]) || (pair.B == models[row] && pair.A == models[column])).Cosine ?? double.NaN;
            }
        }

        IReadOnlyList<string> names = ModelName.Of(models);
        return HeatMapPlot.Of(names, names, data, format: "0.0000");
    }

    /// <summary>A line for each two models, layer by layer.</summary>
    /// <param name="report">The distances.</param>
    /// <param name="title">What is shown.</param>
    /// <param name="value">The value of a layer; those without one are left out.</param>
    public static string Layers(ComparisonReport report, string title, Func<Distance, double?> value)
    {
        PlotModel model = new() { DefaultFont = SvgPlot.Font };
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.BottomCenter });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "layer", MinimumMajorStep = 1, MinimumMinorStep = 1, MinimumPadding = 0.02, MaximumPadding = 0.02 });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = title });
        List<(string Name, List<DataPoint> Points)> lines =
        [
            .. report.Pairs.Select(pair => ($"{pair.A} and {pair.B}", pair.Layers.Where(layer => value(layer.Distance) is not null)
                .Select(layer => new DataPoint(layer.Layer, value(layer.Distance)!.Value)).ToList())).Where(line => line.Item2.Count > 0),
        ];
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, lines.Count));
        foreach ((int index, (string name, List<DataPoint> points)) in lines.Index())
        {
            LineSeries line = new() { Title = name, Color = colors.Colors[index], MarkerType = MarkerType.Circle, MarkerSize = 2.5 };
            line.Points.AddRange(points);
            model.Series.Add(line);
        }

        return SvgPlot.Export(model, 280 + (20 * lines.Count));
    }
}
