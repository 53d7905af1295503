using MergeHost.Reports;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace MergeHost.Cli.Reports;

/// <summary>Pictures of what benchmarks found, as SVG that stands in a page.</summary>
internal static class EvaluationPlots
{
    /// <summary>The value of each task for each model, with its interval.</summary>
    /// <param name="models">The models.</param>
    /// <param name="names">What each is called.</param>
    /// <param name="tasks">The tasks' indices, all of one kind.</param>
    public static string Values(IReadOnlyList<ModelSummary> models, IReadOnlyList<string> names, IReadOnlyList<int> tasks)
    {
        TaskSummary first = models[0].Tasks[tasks[0]];
        double scale = first.HigherIsBetter ? 100 : 1;
        PlotModel model = new() { DefaultFont = SvgPlot.Font };
        model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.BottomCenter, LegendOrientation = LegendOrientation.Horizontal });
        model.Axes.Add(new CategoryAxis
        {
            Position = AxisPosition.Left,
            ItemsSource = tasks.Select(task => models[0].Tasks[task].Task).ToList(),
            StartPosition = 1,
            EndPosition = 0,
            Minimum = -0.5,
            Maximum = tasks.Count - 0.5,
            MajorGridlineStyle = LineStyle.Dot,
        });
        model.Axes.Add(first.HigherIsBetter
            ? new LinearAxis { Position = AxisPosition.Bottom, Title = "right, %", MajorGridlineStyle = LineStyle.Dot }
            : new LogarithmicAxis { Position = AxisPosition.Bottom, Title = $"{first.Metric}, lower is better" });
        OxyPalette colors = OxyPalettes.HueDistinct(Math.Max(2, models.Count));
        foreach ((int index, ModelSummary shown) in models.Index())
        {
            // Side by side, so that intervals can be told apart.
            double shift = 0.6 * ((index + 0.5) / models.Count - 0.5);
            OxyColor color = colors.Colors[index];
            LineSeries values = new() { Title = names[index], Color = color, LineStyle = LineStyle.None, MarkerType = MarkerType.Circle, MarkerFill = color, MarkerSize = 3 };
            values.Points.AddRange(tasks.Select((task, row) => new DataPoint(scale * shown.Tasks[task].Value, row + shift)));
            LineSeries intervals = new() { Color = color, StrokeThickness = 1 };
            foreach ((int row, int task) in tasks.Index().Where(task => shown.Tasks[task.Item].Low is not null))
            {
                intervals.Points.Add(new DataPoint(scale * shown.Tasks[task].Low!.Value, row + shift));
                intervals.Points.Add(new DataPoint(scale * shown.Tasks[task].High!.Value, row + shift));
                intervals.Points.Add(DataPoint.Undefined);
            }

            model.Series.Add(intervals);
            model.Series.Add(values);
        }

        return SvgPlot.Export(model, 110 + (22 * tasks.Count) + (4 * tasks.Count * models.Count));
    }

    /// <summary>How far models are above their base, task by task: red below, blue above.</summary>
    public static string Changes(IReadOnlyList<(string Name, IReadOnlyList<TaskChange> Changes)> rows)
    {
        List<string> tasks = [.. rows[0].Changes.Select(change => change.Task)];
        double[,] data = new double[tasks.Count, rows.Count];
        foreach ((int row, (_, IReadOnlyList<TaskChange> changes)) in rows.Index())
        {
            for (int task = 0; task < tasks.Count; task++)
            {
                data[task, row] = changes[task].Difference;
            }
        }

        double most = data.Cast<double>().Max(Math.Abs);
        return HeatMapPlot.Of(tasks, [.. rows.Select(row => row.Name)], data, new LinearColorAxis
        {
            Position = AxisPosition.Right,
            Palette = OxyPalettes.BlueWhiteRed(100).Reverse(),
            Minimum = -Math.Max(most, 1e-9),
            Maximum = Math.Max(most, 1e-9),
            InvalidNumberColor = OxyColors.White,
        }, "0.0", angle: -40);
    }
}
