namespace MergeHost.Evaluation.Reports;

/// <summary>How runs of the same tasks compare, item by item.</summary>
/// <param name="Runs">The runs, as they were named.</param>
/// <param name="Pairs">The first run against each of the others, one for each task and metric.</param>
/// <param name="Ties">With three runs and more: of each task and metric those that may be as good as the best.</param>
/// <param name="LeftOut">What cannot be paired, and why.</param>
public sealed record RunComparison(IReadOnlyList<string> Runs, IReadOnlyList<PairedResult> Pairs, IReadOnlyList<TiedSet> Ties,
    IReadOnlyList<string> LeftOut);

/// <summary>A run against another, on the items that both answered.</summary>
/// <param name="Run">The other run.</param>
/// <param name="Task">The task.</param>
/// <param name="Metric">The metric, with its filter unless there is none.</param>
/// <param name="Count">How many items were paired.</param>
/// <param name="First">The first run's value.</param>
/// <param name="Second">The other's.</param>
/// <param name="Difference">The other's less the first's.</param>
/// <param name="Low">The lower end of the difference's interval of 95 %.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Probability">How likely a difference as large is by chance, two-sided.</param>
/// <param name="Holm">The same, corrected by Holm for all comparisons of the table.</param>
/// <param name="FalseDiscovery">The same, corrected by Benjamini and Hochberg.</param>
/// <param name="Test"><c>McNemar</c> for right and wrong, <c>signs</c> for other values, <c>clusters</c> over clusters.</param>
/// <param name="LeastDifference">The least difference that so many items show four times in five.</param>
public sealed record PairedResult(
    string Run, string Task, string Metric, int Count, double First, double Second, double Difference, double Low, double High,
    double Probability, double Holm,
    double FalseDiscovery, string Test, double LeastDifference)
{
    /// <summary>On how many items only the first run is right; <see langword="null"/> where answers are not right or wrong.</summary>
    public int? OnlyFirst { get; init; }

    /// <summary>On how many items only the other is right.</summary>
    public int? OnlySecond { get; init; }

    /// <summary>Wilson's interval of the first run's value; <see langword="null"/> where answers are not right or wrong.</summary>
    public ShareInterval? FirstInterval { get; init; }

    /// <summary>Wilson's interval of the other's.</summary>
    public ShareInterval? SecondInterval { get; init; }
}

/// <summary>An interval that holds the true share with a probability of 95 %.</summary>
public sealed record ShareInterval(double Low, double High);

/// <summary>Runs that may be as good as the best.</summary>
/// <param name="Task">The task.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Best">The run with the best value.</param>
/// <param name="Tied">It, and those whose difference from it may be chance (0.05, corrected by Holm).</param>
public sealed record TiedSet(string Task, string Metric, string Best, IReadOnlyList<string> Tied);
