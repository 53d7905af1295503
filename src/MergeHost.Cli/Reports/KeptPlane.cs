using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace MergeHost.Cli.Reports;

/// <summary>The plane on which models are placed by what they keep, in percent: of general ability to the right, of a gain upwards.</summary>
internal static class KeptPlane
{
    /// <summary>An empty picture.</summary>
    /// <param name="gain">Whose gain.</param>
    public static PlotModel Create(string gain)
    {
        PlotModel model = new() { DefaultFont = SvgPlot.Font };
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop });
        model.Axes.Add(Axis(AxisPosition.Bottom, "general ability"));
        model.Axes.Add(Axis(AxisPosition.Left, gain));
        return model;
    }

    /// <summary>A place on it; none where a share is not known.</summary>
    public static DataPoint Place(double? general, double? gain) => new(100 * general ?? double.NaN, 100 * gain ?? double.NaN);

    private static LinearAxis Axis(AxisPosition position, string kept) =>
        new() { Position = position, Title = $"{kept} kept, %", MinimumPadding = 0.04, MaximumPadding = 0.04, MajorGridlineStyle = LineStyle.Dot };
}
