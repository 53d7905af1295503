namespace MergeHost.Strategies;

/// <summary>Numbers that a statistic is taken of: the base, a source, or a source's task vector.</summary>
public readonly record struct Operand
{
    private Operand(int? source, bool subtractsBase)
    {
        SourceIndex = source;
        SubtractsBase = subtractsBase;
    }

    /// <summary>The base's elements.</summary>
    public static Operand Base => new(null, false);

    /// <summary>Which source, or <see langword="null"/> for the base.</summary>
    public int? SourceIndex { get; }

    /// <summary>Whether the base is subtracted.</summary>
    public bool SubtractsBase { get; }

    /// <summary>A source's elements.</summary>
    public static Operand Source(int index) => new(index, false);

    /// <summary>A source's task vector, <c>τ = source − base</c> in float32.</summary>
    public static Operand TaskVector(int index) => new(index, true);
}
