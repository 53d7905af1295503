using System.Globalization;
using MergeHost.Recipes;
using MergeHost.Selecting;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace MergeHost.Cli.Reports;

/// <summary>Pictures of scores, as SVG that stands in a page.</summary>
internal static class ScorePlots
{
    /// <summary>A heat map, layers by module types, of numbers from 0 to 1; a cell without a score stays empty.</summary>
    /// <param name="grid">The scores.</param>
    /// <param name="shade">The shade of a score within its module type, or within the model.</param>
    public static string HeatMap(ScoreGrid grid, Func<string, int, double> shade)
    {
        double[,] data = new double[grid.Layers.Count, grid.Modules.Count];
        for (int layer = 0; layer < grid.Layers.Count; layer++)
        {
            for (int module = 0; module < grid.Modules.Count; module++)
            {
                data[layer, module] = shade(grid.Modules[module], grid.Layers[layer]);
            }
        }

        LinearColorAxis colors = new() { Position = AxisPosition.Right, Palette = OxyPalettes.Viridis(64), Minimum = 0, Maximum = 1, InvalidNumberColor = OxyColors.White };
        return HeatMapPlot.Of([.. grid.Layers.Select(layer => layer.ToString(CultureInfo.InvariantCulture))], grid.Modules, data, colors, title: "layer");
    }

    /// <summary>The scores of each module type in the order in which they would be restored, with the cut of each policy.</summary>
    public static string Ranking(ScoreGrid grid)
    {
        PlotModel model = new() { DefaultFont = SvgPlot.Font };
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "rank within the module type", MinimumMajorStep = 1, MinimumPadding = 0.02, MaximumPadding = 0.02 });
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = grid.Scorer.Id });
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, grid.Modules.Count));
        foreach ((int index, string module) in grid.Modules.Index())
        {
            LineSeries line = new() { Title = module, Color = colors.Colors[index], MarkerType = MarkerType.Circle, MarkerSize = 2.5 };
            line.Points.AddRange(grid.Ranked(module).Select((tensor, place) => new DataPoint(place + 1, grid.Value(tensor))));
            model.Series.Add(line);
        }

        int most = grid.Modules.Max(module => grid.Ranked(module).Count);
        foreach (IGrouping<int, SelectionPolicy> cut in Enum.GetValues<SelectionPolicy>().GroupBy(policy => Selector.Count(most, policy.Fraction())))
        {
            model.Annotations.Add(new LineAnnotation
            {
                Type = LineAnnotationType.Vertical,
                X = cut.Key + 0.5,
                Color = OxyColors.DimGray,
                Text = string.Join(", ", cut).ToLowerInvariant(),
            });
        }

        return SvgPlot.Export(model, 340);
    }
}
