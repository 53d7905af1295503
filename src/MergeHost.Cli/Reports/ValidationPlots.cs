using MergeHost.Reports;
using OxyPlot;
using OxyPlot.Series;

namespace MergeHost.Cli.Reports;

/// <summary>Pictures of what scores are worth, as SVG that stands in a page.</summary>
internal static class ValidationPlots
{
    /// <summary>The trade-off of each scorer as more and more is restored in its order: from the adapted model, above on the left, down to the right.</summary>
    /// <param name="validation">What was measured.</param>
    /// <param name="over">The index of the kind of tasks.</param>
    public static string Curves(ScoreValidation validation, int over)
    {
        PlotModel model = KeptPlane.Create("gain");
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, validation.Curves.Count));
        foreach ((int index, RestorationCurve curve) in validation.Curves.Index())
        {
            LineSeries line = new()
            {
                Title = curve.Scorer,
                Color = colors.Colors[index],
                MarkerType = MarkerType.Circle,
                MarkerSize = 3,
                LineStyle = curve.Scorer == "random" ? LineStyle.Dash : LineStyle.Solid,
            };
            line.Points.AddRange(curve.Points.Select(point => Position(point.Kept[over])));
            model.Series.Add(line);
        }

        return SvgPlot.Export(model, 420);
    }

    /// <summary>Each unit that was swapped by itself, by its kind, and the adapted model.</summary>
    /// <param name="validation">What was measured.</param>
    /// <param name="over">The index of the kind of tasks.</param>
    public static string Units(ScoreValidation validation, int over)
    {
        PlotModel model = KeptPlane.Create("gain");
        List<IGrouping<string, SwappedUnit>> kinds = [.. validation.Units.GroupBy(unit => unit.Kind)];
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, kinds.Count));
        foreach ((int index, IGrouping<string, SwappedUnit> kind) in kinds.Index())
        {
            Add(kind.Key.Length == 0 ? "layers" : kind.Key, MarkerType.Circle, colors.Colors[index], kind.Select(unit => unit.Kept[over]));
        }

        Add("as trained", MarkerType.Cross, OxyColors.Black, [validation.Adapted[over]]);
        return SvgPlot.Export(model, 420);

        void Add(string title, MarkerType marker, OxyColor color, IEnumerable<KeptAbility> points)
        {
            ScatterSeries series = new() { Title = title, MarkerType = marker, MarkerFill = color, MarkerStroke = color, MarkerSize = 4 };
            series.Points.AddRange(points.Select(Position).Select(point => new ScatterPoint(point.X, point.Y)));
            model.Series.Add(series);
        }
    }

    private static DataPoint Position(KeptAbility kept) => KeptPlane.Place(kept.General, kept.Gain);
}
