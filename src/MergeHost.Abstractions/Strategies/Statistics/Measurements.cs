namespace MergeHost.Strategies;

/// <summary>The results of the statistics that a strategy asked for.</summary>
public sealed class Measurements(IReadOnlyDictionary<Statistic, object> results)
{
    /// <summary>The result of one of them.</summary>
    /// <exception cref="KeyNotFoundException">The statistic was not asked for.</exception>
    public TResult Of<TResult>(Statistic<TResult> statistic) => (TResult)results[statistic];
}
