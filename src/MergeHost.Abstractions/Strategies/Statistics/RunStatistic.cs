namespace MergeHost.Strategies;

/// <summary>Asks for sums in float64.</summary>
public sealed class RunStatistic : Statistic<IReadOnlyList<double>>
{
    /// <summary>The most elements that the function is given at a time.</summary>
    public const int Length = 4096;

    internal RunStatistic(int results, RunFunction function)
        : base(StatisticScope.Tensor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(results, 1);
        Results = results;
        Function = function;
    }

    /// <summary>How many sums.</summary>
    public int Results { get; }

    /// <summary>What finds the numbers that are added up.</summary>
    public RunFunction Function { get; }
}
