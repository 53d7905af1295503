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
        new(operand, density, scope);

    /// <summary>Sums that the strategy defines itself.</summary>
    /// <typeparam name="K">The formulas.</typeparam>
    /// <param name="terms">How many sums, at least 1.</param>
    /// <param name="parameters">What the formulas read.</param>
    /// <param name="scope">Over the tensor, or over the model.</param>
    public static SumStatistic Sum<K>(int terms, KernelParameters parameters, StatisticScope scope = StatisticScope.Tensor)
        where K : struct, IReduceKernel => new SumStatistic<K>(terms, parameters, scope);

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

/// <summary>Asks for the largest elements by magnitude.</summary>
public sealed class TopKStatistic : Statistic<MagnitudeCut>
{
    internal TopKStatistic(Operand operand, double density, StatisticScope scope)
        : base(scope)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(density is >= 0 and <= 1, true, nameof(density));
        Operand = operand;
        Density = density;
    }

    /// <summary>Of what.</summary>
    public Operand Operand { get; }

    /// <summary>The share that is kept, in [0, 1].</summary>
    public double Density { get; }
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
