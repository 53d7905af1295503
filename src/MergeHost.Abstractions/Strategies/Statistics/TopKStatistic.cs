namespace MergeHost.Strategies;

/// <summary>Asks for the largest elements by magnitude.</summary>
public sealed class TopKStatistic : Statistic<MagnitudeCut>
{
    internal TopKStatistic(Operand operand, double density, long? count, bool ofNonZero, StatisticScope scope)
        : base(scope)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(density is >= 0 and <= 1, true, nameof(density));
        ArgumentOutOfRangeException.ThrowIfNegative(count ?? 0, nameof(count));
        if (operand.Formula is { } formula && (scope == StatisticScope.Model || formula.Parameters.Ranks.Count > 0))
        {
            throw new ArgumentException("a formula's elements are compared within one tensor, and know no ranks", nameof(operand));
        }

        Operand = operand;
        Density = density;
        Count = count;
        OfNonZero = ofNonZero;
    }

    /// <summary>Of what.</summary>
    public Operand Operand { get; }

    /// <summary>The share that is kept, in [0, 1]; of no account if there is a <see cref="Count"/>.</summary>
    public double Density { get; }

    /// <summary>How many are kept, or <see langword="null"/> if a share is.</summary>
    public long? Count { get; }

    /// <summary>Whether the share is one of the elements that are not zero.</summary>
    public bool OfNonZero { get; }

    /// <summary>How many elements are kept.</summary>
    /// <param name="elements">How many there are.</param>
    /// <param name="nonZero">How many of them are not zero; read only where <see cref="OfNonZero"/>.</param>
    public long Kept(long elements, long nonZero) => Count is { } count
        ? Math.Min(count, elements)
        : OfNonZero ? Math.Min(nonZero, (long)((float)nonZero * (float)Density)) : (long)(Density * elements);
}
