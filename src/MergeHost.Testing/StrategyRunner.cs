using System.Runtime.InteropServices;
using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Randomness;
using MergeHost.Kernels.Selection;
using MergeHost.Kernels.Vectors;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Testing;

/// <summary>Runs a strategy on numbers in memory, in the plainest way: no blocks, no threads.</summary>
/// <remarks>The host must give the same bits as this does.</remarks>
public static class StrategyRunner
{
    // Sums are taken over units, whose totals are added in order.
    private const int UnitElements = 65_536;

    /// <summary>Merges.</summary>
    /// <param name="strategy">The strategy.</param>
    /// <param name="values">The numbers; they are not changed.</param>
    /// <param name="options">The options of the whole tensor, and of each source that has none of its own.</param>
    /// <param name="width">How many numbers are worked on side by side.</param>
    /// <param name="seed">The seed of everything random.</param>
    /// <returns>The result in float32, as many numbers as the shape says.</returns>
    public static float[] Merge(
        IMergeStrategy strategy, TensorValues values, object options, LaneWidth width = LaneWidth.Scalar, long seed = 0)
    {
        bool usesBase = UsesBase(strategy);
        Treatment treatment = strategy.Merge(values.Group(options, usesBase));
        while (treatment is MeasureTreatment measure)
        {
            Dictionary<Statistic, object> results = measure.Statistics.ToDictionary(
                statistic => statistic, statistic => Measure(statistic, values, width, seed));
            treatment = measure.Then(new Measurements(results));
        }

        float[] result = new float[values.Base.Length];
        switch (treatment)
        {
            case CopyTreatment copy:
                (copy.Source is { } source ? values.Sources[source] : values.Base).CopyTo(result, 0);
                break;
            case ElementwiseTreatment elementwise:
                Apply(elementwise, values, width, seed, result);
                break;
            case WholeTensorTreatment whole:
                whole.Merge(Whole(values, usesBase, result), new ManagedLinearAlgebra(threads: 1), default);
                break;
        }

        return result;
    }

    /// <summary>Whether a strategy asks for a base, by its attribute.</summary>
    public static bool UsesBase(IMergeStrategy strategy) => Attribute(strategy).Base != BaseUse.None;

    /// <summary>A strategy's attribute.</summary>
    /// <exception cref="InvalidOperationException">It has none, so that no host would find it.</exception>
    public static MergeStrategyAttribute Attribute(IMergeStrategy strategy) =>
        (MergeStrategyAttribute?)System.Attribute.GetCustomAttribute(strategy.GetType(), typeof(MergeStrategyAttribute))
        ?? throw new InvalidOperationException($"{strategy.GetType().Name} has no [MergeStrategy] attribute");

    private static object Measure(Statistic statistic, TensorValues values, LaneWidth width, long seed)
    {
        if (statistic is TopKStatistic topK)
        {
            float[] operand = [.. Enumerable.Range(0, values.Base.Length).Select(i => Operand(topK.Operand, values, i))];
            return SmallSelection.Select(operand, (int)(topK.Density * operand.Length));
        }

        SumStatistic sum = (SumStatistic)statistic;
        double[] totals = new double[sum.Terms];
        ReduceFunction function = ReduceLoop.Bind(sum, width, ElementFormat.Single);
        for (int first = 0; first < values.Base.Length; first += UnitElements)
        {
            double[] unit = new double[sum.Terms];
            int last = Math.Min(values.Base.Length, first + UnitElements);
            ForEachStretch(values, sum.Parameters, seed, first, last, run => function(run, unit));
            totals = [.. totals.Zip(unit, (total, part) => total + part)];
        }

        return totals;
    }

    private static float Operand(Operand operand, TensorValues values, int index)
    {
        float value = operand.SourceIndex is { } source ? values.Sources[source][index] : values.Base[index];
        return operand.SubtractsBase ? value - values.Base[index] : value;
    }

    private static unsafe void Apply(ElementwiseTreatment treatment, TensorValues values, LaneWidth width, long seed, float[] result)
    {
        ElementwiseFunction function = ElementwiseLoop.Bind(treatment, width, ElementFormat.Single, ElementFormat.Single);
        fixed (float* output = result)
        {
            byte* bytes = (byte*)output;
            ForEachStretch(values, treatment.Parameters, seed, 0, result.Length, run => function(run, bytes));
        }
    }

    private static WholeTensors Whole(TensorValues values, bool usesBase, float[] result)
    {
        int columns = values.Shape.Rank == 0 ? 1 : (int)values.Shape[values.Shape.Rank - 1];
        return new WholeTensors
        {
            Output = values.Output,
            Base = usesBase ? Shaped(values.Base) : null,
            Sources = [.. values.Sources.Select(Shaped)],
            Result = Shaped(result),
        };

        Matrix<float> Shaped(float[] elements) => new(elements.Length / columns, columns, elements);
    }

    // Parameters change where a selection's edge lies; with random numbers, which come in runs of 4,096, a stretch is part of one.
    private static unsafe void ForEachStretch(
        TensorValues values, KernelParameters parameters, long seed, int first, int last, Action<KernelRun> call)
    {
        int count = values.Base.Length;
        ushort[] uniforms = new ushort[count * Math.Max(1, parameters.Streams)];
        for (int stream = 0; stream < parameters.Streams; stream++)
        {
            new Philox(seed, stream, values.Output.Name).Fill(0, uniforms.AsSpan(stream * count, count));
        }

        float[] table = new float[Math.Max(1, parameters.Slots * parameters.Sources)];
        GCHandle[] pins = [.. values.Sources.Select(source => GCHandle.Alloc(source, GCHandleType.Pinned))];
        nint[] pointers = [.. pins.Select(pin => pin.AddrOfPinnedObject())];
        byte* scratch = (byte*)NativeMemory.AlignedAlloc((nuint)(64 * pointers.Length), 64);
        try
        {
            fixed (float* @base = values.Base, tablePointer = table)
            fixed (ushort* uniformPointer = uniforms)
            fixed (nint* sources = pointers)
            {
                for (long start = first; start < last;)
                {
                    long end = Math.Min(last, parameters.NextChange(start));
                    if (parameters.Streams > 0)
                    {
                        end = Math.Min(end, ((start / ReduceLoop.RunLength) + 1) * ReduceLoop.RunLength);
                    }

                    parameters.CopyTo(start, table.AsSpan(0, parameters.Slots * parameters.Sources));
                    call(new KernelRun
                    {
                        Base = (byte*)@base,
                        Sources = (byte**)sources,
                        SourceCount = pointers.Length,
                        Parameters = tablePointer,
                        Uniforms = uniformPointer,
                        UniformStride = count,
                        Scratch = scratch,
                        Start = (nint)start,
                        Count = (nint)(end - start),
                    });
                    start = end;
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(scratch);
            Array.ForEach(pins, pin => pin.Free());
        }
    }
}
