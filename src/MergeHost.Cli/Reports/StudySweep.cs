using System.Globalization;
using MergeHost.Evaluation.Reports;

namespace MergeHost.Cli.Reports;

/// <summary>The merges of a stage by a method that differ in one number.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Method">The method.</param>
/// <param name="Setting">What the number is called.</param>
/// <param name="Lines">The merges, each with its points in the order of the number.</param>
internal sealed record StudySweep(
    string Stage, string Method, string Setting, IReadOnlyList<(string Name, IReadOnlyList<(double X, StudyPoint Point)> Points)> Lines)
{
    private const int FewestPoints = 3;

    /// <summary>All sweeps of a study with enough points to draw.</summary>
    public static IReadOnlyList<StudySweep> Of(StudySummary study) =>
    [
        .. study.Points.Where(point => point.Tuning is null && Number(point) is not null).GroupBy(point => (point.Stage, point.Method))
            .Where(same => same.Select(Number).Distinct().Count() >= FewestPoints)
            .Select(same => new StudySweep(same.Key.Stage, same.Key.Method, same.First().Settings.Keys.Single(),
            [
                .. same.GroupBy(point => point.Name).Select(merge =>
                    (merge.Key, (IReadOnlyList<(double, StudyPoint)>)[.. merge.Select(point => (Number(point)!.Value, point))
                        .OrderBy(point => point.Value)])),
            ])),
    ];

    private static double? Number(StudyPoint point) =>
        point.Settings.Count == 1 && double.TryParse(point.Settings.Values.Single(), CultureInfo.InvariantCulture, out double number)
            ? number
            : null;
}
