namespace MergeHost.Strategies;

/// <summary>Asks for numbers of each row.</summary>
/// <remarks>Its result holds those of the first row, then those of the second, …</remarks>
public sealed class RowStatistic : Statistic<IReadOnlyList<double>>
{
    internal RowStatistic(int results, RunFunction function)
        : base(StatisticScope.Tensor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(results, 1);
        Results = results;
        Function = function;
    }

    /// <summary>How many numbers a row.</summary>
    public int Results { get; }

    /// <summary>What finds them.</summary>
    public RunFunction Function { get; }
}
