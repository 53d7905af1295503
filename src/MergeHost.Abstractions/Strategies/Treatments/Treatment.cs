using System.Numerics;
using System.Runtime.InteropServices;
using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Lanes;

namespace MergeHost.Strategies;

/// <summary>How one tensor of the output is to be made: a copy, a formula, a formula after statistics, or work on whole tensors.</summary>
public abstract class Treatment
{
    private protected Treatment()
    {
    }

    /// <summary>The base's tensor as it is: bytes are copied when the dtype stays, never decoded and encoded again.</summary>
    public static Treatment CopyBase() => new CopyTreatment(null);

    /// <summary>A source's tensor as it is.</summary>
    public static Treatment CopySource(int source) => new CopyTreatment(source);

    /// <summary>A formula over the elements at one place: one pass over the data.</summary>
    /// <typeparam name="K">The formula.</typeparam>
    public static Treatment Elementwise<K>(KernelParameters parameters)
        where K : struct, IElementwiseKernel => new ElementwiseTreatment<K>(parameters);

    /// <summary>Measures first; what the tensor needs is decided when the results are there.</summary>
    /// <param name="statistics">What to measure, at least one; all in one go, and together with what other tensors need.</param>
    /// <param name="then">Called once with the results, on any thread; must depend on nothing else.</param>
    public static Treatment Measure(IReadOnlyList<Statistic> statistics, Func<Measurements, Treatment> then) =>
        new MeasureTreatment(statistics, then);

    /// <summary>Work on whole matrices in float32: the tensors are in memory at once.</summary>
    /// <param name="merge">
    /// Called once, on any thread. It fills the result of the <see cref="WholeTensors"/> it is given, and owns none of its memory.
    /// </param>
    /// <param name="scratchBytes">Memory that it takes besides inputs and result in float32.</param>
    public static Treatment Matrix(Action<WholeTensors, ILinearAlgebra> merge, long scratchBytes = 0) =>
        new MatrixTreatment(merge) { ScratchBytes = scratchBytes };

    /// <summary>Work on whole matrices in float32 that ends in <c>base + λ · change</c>; the base must be there.</summary>
    /// <param name="change">
    /// Called at most once, on any thread. It fills the result of the <see cref="WholeTensors"/> it is given with the change, which must
    /// not depend on the parameter <c>lambda</c>: a sweep over that makes the change once.
    /// </param>
    /// <param name="lambda">The factor λ on the change.</param>
    /// <param name="scratchBytes">Memory that it takes besides inputs and result in float32.</param>
    public static Treatment Change(Action<WholeTensors, ILinearAlgebra> change, double lambda, long scratchBytes = 0) =>
        new ChangeTreatment(change, lambda) { ScratchBytes = scratchBytes };

    /// <summary>For builders: runs of elements of sources, one after the other.</summary>
    public static Treatment Join(IReadOnlyList<TensorPart> parts) => new JoinTreatment(parts);

    /// <summary>For builders: work that makes all tensors that have this very treatment, in one go.</summary>
    /// <param name="make">Called once, on any thread.</param>
    /// <param name="scratchBytes">Memory that it takes besides results and sources in float32.</param>
    /// <param name="holdsSources">Whether all sources are in memory at once; if not,
    /// <paramref name="scratchBytes"/> counts what of them is.</param>
    public static Treatment Make(Action<MadeTensors> make, long scratchBytes = 0, bool holdsSources = true) =>
        new MakeTreatment(make, scratchBytes, holdsSources);
}

/// <summary>A tensor is taken over unchanged.</summary>
public sealed class CopyTreatment : Treatment
{
    internal CopyTreatment(int? source)
    {
        Source = source;
    }

    /// <summary>Which source, or <see langword="null"/> for the base.</summary>
    public int? Source { get; }
}

/// <summary>A formula makes the tensor, element by element.</summary>
public abstract class ElementwiseTreatment : Treatment
{
    private protected ElementwiseTreatment(KernelParameters parameters)
    {
        Parameters = parameters;
    }

    /// <summary>What the formula reads.</summary>
    public KernelParameters Parameters { get; }

    /// <summary>Hands the kernel's type to a visitor.</summary>
    public abstract T Accept<T>(IElementwiseVisitor<T> visitor);
}

/// <summary>Receives the type of an elementwise kernel.</summary>
public interface IElementwiseVisitor<out T>
{
    /// <summary>Called with the kernel's type.</summary>
    T Visit<K>()
        where K : struct, IElementwiseKernel;
}

/// <summary>Statistics are taken before the tensor is made.</summary>
public sealed class MeasureTreatment : Treatment
{
    internal MeasureTreatment(IReadOnlyList<Statistic> statistics, Func<Measurements, Treatment> then)
    {
        ArgumentOutOfRangeException.ThrowIfZero(statistics.Count, nameof(statistics));
        Statistics = statistics;
        Then = then;
    }

    /// <summary>What is measured.</summary>
    public IReadOnlyList<Statistic> Statistics { get; }

    /// <summary>What is done with the results.</summary>
    public Func<Measurements, Treatment> Then { get; }
}

/// <summary>The tensor is made from whole tensors in memory.</summary>
/// <remarks>The open end of the family: a library that brings another way to compute derives from it.</remarks>
#pragma warning disable RS0022 // Meant: this is where the family is open.
public abstract class WholeTensorTreatment : Treatment
#pragma warning restore RS0022
{
    /// <summary>Memory that the work takes besides inputs and result in float32.</summary>
    public long ScratchBytes { get; init; }

    /// <summary>Makes the result.</summary>
    /// <param name="tensors">The inputs in float32, and room for the result.</param>
    /// <param name="algebra">Matrix operations on the recipe's device.</param>
    /// <param name="device">The recipe's device.</param>
    public abstract void Merge(WholeTensors tensors, ILinearAlgebra algebra, DeviceSpec device);
}

internal sealed class ElementwiseTreatment<K>(KernelParameters parameters) : ElementwiseTreatment(parameters)
    where K : struct, IElementwiseKernel
{
    public override T Accept<T>(IElementwiseVisitor<T> visitor) => visitor.Visit<K>();
}

internal sealed class MatrixTreatment(Action<WholeTensors, ILinearAlgebra> merge) : WholeTensorTreatment
{
    public override void Merge(WholeTensors tensors, ILinearAlgebra algebra, DeviceSpec device) => merge(tensors, algebra);
}

/// <summary>A multiple of a change is added to the base.</summary>
public sealed class ChangeTreatment : WholeTensorTreatment
{
    private readonly Action<WholeTensors, ILinearAlgebra> _change;
    private readonly float _lambda;

    internal ChangeTreatment(Action<WholeTensors, ILinearAlgebra> change, double lambda)
    {
        (_change, _lambda) = (change, (float)lambda);
    }

    /// <summary>Fills the result with the change, before it is multiplied and added.</summary>
    /// <param name="tensors">The inputs in float32, and room for the change.</param>
    /// <param name="algebra">Matrix operations on the recipe's device.</param>
    public void Make(WholeTensors tensors, ILinearAlgebra algebra) => _change(tensors, algebra);

    /// <summary>Makes the result of the change that it holds.</summary>
    /// <param name="tensors">The base, and the change in the place of the result.</param>
    public void Add(WholeTensors tensors)
    {
        Span<float> result = tensors.Result.Elements.Span;
        ReadOnlySpan<float> @base = tensors.Base!.Value.Elements.Span;
        Span<Vector<float>> vectors = MemoryMarshal.Cast<float, Vector<float>>(result);
        ReadOnlySpan<Vector<float>> bases = MemoryMarshal.Cast<float, Vector<float>>(@base);
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = (vectors[i] * _lambda) + bases[i];
        }

        for (int i = vectors.Length * Vector<float>.Count; i < result.Length; i++)
        {
            result[i] = (result[i] * _lambda) + @base[i];
        }
    }

    /// <inheritdoc/>
    public override void Merge(WholeTensors tensors, ILinearAlgebra algebra, DeviceSpec device)
    {
        Make(tensors, algebra);
        Add(tensors);
    }
}
