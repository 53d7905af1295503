using MergeHost.Evaluation.Metrics;
using MergeHost.Evaluation.Reports;
using MergeHost.Evaluation.Settings;
using MergeHost.Evaluation.Suites;

namespace MergeHost.Evaluation.Tuning;

/// <summary>Finds the coefficients of a merge on the development items; the test items are not looked at.</summary>
/// <remarks>
/// <para>
/// Many settings are screened by the loss on texts, where there are texts: the largest over the tasks of <c>loss(M) − min_c loss(c)</c>,
/// what is lost on the task that loses most; c runs over base and experts, and loss is the mean negative log-likelihood in nats, or −ln of
/// the share of right answers. One coefficient is sought along its line (<see cref="LineSearch"/>), several by <see cref="CmaEs"/>. The
/// best three and <c>1/N</c> are then measured by all tasks, and compared by Macro-OG. Of those that are within one standard error of the
/// best (of the difference, items paired) the one with the smallest coefficients is taken: it changes the base least.
/// </para>
/// </remarks>
/// <param name="method">What is tuned.</param>
/// <param name="screening">Base and experts, measured by the tasks that settings are screened by.</param>
/// <param name="constituents">Base and experts, measured by all tasks.</param>
/// <param name="screen">Measures a merge by the tasks that settings are screened by.</param>
/// <param name="measure">Measures a merge by all tasks.</param>
internal sealed class Tuner(
    TunedMethod method, Constituents screening, Constituents constituents, Func<StudySetting, MeasuredModel> screen,
    Func<StudySetting, MeasuredModel> measure)
{
    private const int Confirmed = 3;
    private const int Budget = 43;
    private const double FirstStep = 1.0 / 6;

    private readonly Dictionary<string, Screened> _screened = [];

    /// <summary>Tunes.</summary>
    public TunedSetting Run()
    {
        double equal = 1.0 / constituents.Experts.Count;
        double[] start = [.. method.Coefficients.Select(coefficient => coefficient.Round(equal))];
        if (method.Coefficients is [Coefficient only])
        {
            LineSearch.Run(only, value => Screen([value]).Losses);
        }
        else
        {
            double[] unit = [.. method.Coefficients.Zip(start,
                (coefficient, value) => (value - coefficient.Low) / (coefficient.High - coefficient.Low))];
            CmaEs.Run(unit, FirstStep, Budget, seed: 1, point => Screen(Scale(point)).Worst);
        }

        Screened control = Screen(start);
        List<Screened> best = [.. _screened.Values.OrderBy(tried => tried.Worst).Take(Confirmed).Append(control).Distinct()
            .OrderBy(tried => tried.Values.Sum())];
        List<ConfirmedSetting> confirmed = [.. best.Select(tried => new ConfirmedSetting(tried.Setting, measure(tried.Setting)))];
        Comparison development = new(constituents, ItemSplit.Development);
        List<double> values = [.. confirmed.Select(setting => development.Criterion(setting.Model))];
        MeasuredModel top = confirmed[values.IndexOf(values.Max())].Model;
        int chosen = confirmed.FindIndex(setting => development.IsLevel(top, setting.Model));
        return new TunedSetting(
            confirmed[chosen], confirmed.Find(setting => setting.Setting == control.Setting)!,
            [.. _screened.Values.OrderBy(tried => tried.Worst).Select(tried => new TuningTry(tried.Setting.Values, tried.Worst))],
            [.. confirmed.Zip(values, (setting, value) => new TuningTry(setting.Setting.Values, value))]);
    }

    private double[] Scale(double[] point) =>
        [.. method.Coefficients.Zip(point, (coefficient, share) => coefficient.Low + (share * (coefficient.High - coefficient.Low)))];

    private Screened Screen(double[] values)
    {
        StudySetting setting = method.At(values);
        string key = setting.ToString();
        if (!_screened.TryGetValue(key, out Screened? screened))
        {
            MeasuredModel model = screen(setting);
            int[] tasks = [.. Enumerable.Range(0, model.Tasks.Count)
                .Where(task => screening.RoleOf(model.Tasks[task].Task) != TaskRole.Other)];
            _screened.Add(key, screened = new Screened(setting, values, [.. tasks.Select(task =>
                TaskScore.Loss(model,
                    task) - screening.Experts.Append(screening.Base).Min(constituent => TaskScore.Loss(constituent, task)))]));
        }

        return screened;
    }

    private sealed record Screened(StudySetting Setting, double[] Values, double[] Losses)
    {
        public double Worst { get; } = Losses.Max();
    }
}

/// <summary>A setting that was measured by all tasks.</summary>
internal sealed record ConfirmedSetting(StudySetting Setting, MeasuredModel Model);

/// <summary>What tuning found.</summary>
/// <param name="Chosen">The setting that was taken.</param>
/// <param name="Equal">All coefficients at 1/N, the control.</param>
/// <param name="Screened">What was screened, the best first, with the largest loss over the tasks.</param>
/// <param name="Confirmed">What was measured by all tasks, with its Macro-OG on the development items.</param>
internal sealed record TunedSetting(ConfirmedSetting Chosen, ConfirmedSetting Equal, IReadOnlyList<TuningTry> Screened,
    IReadOnlyList<TuningTry> Confirmed);
