using MergeHost.Lanes;

namespace MergeHost.Strategies;

/// <summary>Over what a statistic is taken.</summary>
public enum StatisticScope
{
    /// <summary>Over each tensor by itself.</summary>
    Tensor,

    /// <summary>Over all tensors of the model that ask for it, as if they were one, in the order of their names.</summary>
    Model,
}

/// <summary>Something the host measures of a tensor before it is merged.</summary>
public abstract class Statistic
{
    private protected Statistic(StatisticScope scope)
    {
        Scope = scope;
    }

    /// <summary>Over what it is taken.</summary>
    public StatisticScope Scope { get; }

    /// <summary>Which elements are the largest by magnitude; of equal ones those of lower flat index.</summary>
    /// <param name="operand">Of what.</param>
    /// <param name="density">The share that is kept, in [0, 1]: <c>⌊density · n⌋</c> of n elements.</param>
    /// <param name="scope">Over the tensor, or over the model.</param>
    public static TopKStatistic TopK(Operand operand, double density, StatisticScope scope = StatisticScope.Tensor) =>
        new(operand, density, null, false, scope);

    /// <summary>Which elements are the largest by magnitude, as many as that; of equal ones those of lower flat index.</summary>
    /// <remarks>The threshold of the largest k is the order statistic n − k, counted from 0 for the smallest.</remarks>
    /// <param name="operand">Of what.</param>
    /// <param name="count">How many are kept, at least 0 and at most as many as there are.</param>
    public static TopKStatistic Largest(Operand operand, long count) => new(operand, 1, count, false, StatisticScope.Tensor);

    /// <summary>Which elements are the largest by magnitude, as a share of those that are not zero.</summary>
    /// <param name="operand">Of what.</param>
    /// <param name="density">The share that is kept, in [0, 1]: <c>⌊density · n⌋</c> in float32, of n elements that are not zero.</param>
    public static TopKStatistic TopKOfNonZero(Operand operand, double density) => new(operand, density, null, true, StatisticScope.Tensor);

    /// <summary>Sums that the strategy defines itself.</summary>
    /// <typeparam name="K">The formulas.</typeparam>
    /// <param name="terms">How many sums, at least 1.</param>
    /// <param name="parameters">What the formulas read.</param>
    /// <param name="scope">Over the tensor, or over the model.</param>
    public static SumStatistic Sum<K>(int terms, KernelParameters parameters, StatisticScope scope = StatisticScope.Tensor)
        where K : struct, IReduceKernel => new SumStatistic<K>(terms, parameters, scope);

    /// <summary>Numbers of each row, by plain code that is given the row as a whole.</summary>
    /// <remarks>It must be among the first statistics that a tensor asks for, since blocks are then cut between rows.</remarks>
    /// <param name="results">How many numbers a row, at least 1.</param>
    /// <param name="function">Called once for each row, in any order, from several threads; must depend on nothing but the row.</param>
    public static RowStatistic Rows(int results, RunFunction function) => new(results, function);

    /// <summary>
    /// Numbers of runs of up to <see cref="RunStatistic.Length"/> elements, by plain code, added up over the tensor in order.
    /// </summary>
    /// <remarks>For sums that need float64; those of <see cref="Sum"/> cost less.</remarks>
    /// <param name="results">How many numbers, at least 1.</param>
    /// <param name="function">Called for each run, in any order, from several threads; must depend on nothing but the run.</param>
    public static RunStatistic Runs(int results, RunFunction function) => new(results, function);

    /// <summary>All inner products among the base and the sources.</summary>
    /// <returns>A statistic whose sums are the upper triangle, row by row, of the matrix over base, source 0, source 1, …</returns>
    public static SumStatistic GramWithBase(int sources) =>
        Sum<GramWithBaseKernel>((sources + 1) * (sources + 2) / 2, new KernelParameters(0, sources));

    /// <summary>All inner products among the task vectors.</summary>
    /// <returns>A statistic whose sums are the upper triangle, row by row, of the matrix over τ₀, τ₁, …</returns>
    public static SumStatistic GramOfTaskVectors(int sources) =>
        Sum<GramOfTaskVectorsKernel>(sources * (sources + 1) / 2, new KernelParameters(0, sources));
}

/// <summary>A <see cref="Statistic"/> with the type of its result.</summary>
public abstract class Statistic<TResult> : Statistic
{
    private protected Statistic(StatisticScope scope)
        : base(scope)
    {
    }
}

/// <summary>Asks for sums over the elements.</summary>
public abstract class SumStatistic : Statistic<IReadOnlyList<double>>
{
    private protected SumStatistic(int terms, KernelParameters parameters, StatisticScope scope)
        : base(scope)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(terms, 1);
        Terms = terms;
        Parameters = parameters;
    }

    /// <summary>How many sums.</summary>
    public int Terms { get; }

    /// <summary>What the formulas read.</summary>
    public KernelParameters Parameters { get; }

    /// <summary>Hands the kernel's type to a visitor.</summary>
    public abstract T Accept<T>(IReduceVisitor<T> visitor);
}

/// <summary>Receives the type of a reduce kernel.</summary>
public interface IReduceVisitor<out T>
{
    /// <summary>Called with the kernel's type.</summary>
    T Visit<K>()
        where K : struct, IReduceKernel;
}

internal sealed class SumStatistic<K>(int terms, KernelParameters parameters, StatisticScope scope) : SumStatistic(terms, parameters, scope)
    where K : struct, IReduceKernel
{
    public override T Accept<T>(IReduceVisitor<T> visitor) => visitor.Visit<K>();
}
