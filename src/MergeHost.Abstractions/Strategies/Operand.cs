using MergeHost.Lanes;

namespace MergeHost.Strategies;

/// <summary>Numbers that a statistic is taken of: the base, a source, a source's task vector, or what a formula makes of them.</summary>
public readonly record struct Operand
{
    private Operand(int? source, bool subtractsBase, ElementwiseTreatment? formula = null)
    {
        SourceIndex = source;
        SubtractsBase = subtractsBase;
        Formula = formula;
    }

    /// <summary>The base's elements.</summary>
    public static Operand Base => new(null, false);

    /// <summary>Which source, or <see langword="null"/> for the base or a formula.</summary>
    public int? SourceIndex { get; }

    /// <summary>Whether the base is subtracted.</summary>
    public bool SubtractsBase { get; }

    /// <summary>What makes the elements, or <see langword="null"/> if they are those of the base or a source.</summary>
    public ElementwiseTreatment? Formula { get; }

    /// <summary>A source's elements.</summary>
    public static Operand Source(int index) => new(index, false);

    /// <summary>A source's task vector, <c>τ = source − base</c> in float32.</summary>
    public static Operand TaskVector(int index) => new(index, true);

    /// <summary>What a formula makes of the elements at one place, in float32; it may not ask for ranks.</summary>
    /// <typeparam name="K">The formula.</typeparam>
    /// <param name="parameters">What the formula reads.</param>
    public static Operand Of<K>(KernelParameters parameters)
        where K : struct, IElementwiseKernel => new(null, false, new ElementwiseTreatment<K>(parameters));
}
