using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace MergeHost.Cli.Reports;

/// <summary>Numbers in a grid, as SVG that stands in a page; a cell without one stays empty.</summary>
internal static class HeatMapPlot
{
    private const string Columns = "columns";
    private const string Rows = "rows";

    /// <summary>The picture.</summary>
    /// <param name="columns">What the columns are.</param>
    /// <param name="rows">What the rows are, the first on top.</param>
    /// <param name="data">The numbers, columns first; NaN for none.</param>
    /// <param name="colors">Their colors; by default from dark for the smallest to light for the largest.</param>
    /// <param name="format">How they are written into their cells; <see langword="null"/> to leave them out.</param>
    /// <param name="angle">By how many degrees the columns' names are turned.</param>
    /// <param name="title">What stands below the columns.</param>
    public static string Of(
        IReadOnlyList<string> columns, IReadOnlyList<string> rows, double[,] data, LinearColorAxis? colors = null, string? format = null, double angle = 0, string? title = null)
    {
        PlotModel model = new() { DefaultFont = SvgPlot.Font, PlotAreaBorderThickness = new OxyThickness(0) };
        model.Axes.Add(new CategoryAxis
        {
            Key = Columns,
            Position = AxisPosition.Bottom,
            Title = title,
            ItemsSource = columns,
            Angle = angle,
            MajorStep = Math.Max(1, columns.Count / 32),
            TickStyle = TickStyle.None,
        });
        model.Axes.Add(new CategoryAxis { Key = Rows, Position = AxisPosition.Left, ItemsSource = rows, StartPosition = 1, EndPosition = 0, TickStyle = TickStyle.None });
        model.Axes.Add(colors ?? new LinearColorAxis { Position = AxisPosition.Right, Palette = OxyPalettes.Viridis(64), InvalidNumberColor = OxyColors.White });
        model.Series.Add(new HeatMapSeries
        {
            XAxisKey = Columns,
            YAxisKey = Rows,
            X0 = 0,
            X1 = columns.Count - 1,
            Y0 = 0,
            Y1 = rows.Count - 1,
            Interpolate = false,
            RenderMethod = HeatMapRenderMethod.Rectangles,
            LabelFontSize = format is null || columns.Count > 20 ? 0 : 0.3,
            LabelFormatString = format,
            Data = data,
        });
        return SvgPlot.Export(model, (angle == 0 ? 70 : 150) + (26 * rows.Count));
    }
}
