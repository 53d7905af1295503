using System.Runtime.InteropServices;
using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Randomness;
using MergeHost.Kernels.Selection;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
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
        bool usesBase = UsesBase(strategy) && values.HasBase;
        values = usesBase ? values : values with { Base = new float[values.Base.Length] };
        return Carry(strategy.Merge(values.Group(options, usesBase)), values, usesBase, width, seed);
    }

    /// <summary>Makes a tensor of a blueprint that is neither left to a strategy nor made in memory.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="sources">The numbers of its sources.</param>
    /// <param name="seed">The seed of everything random.</param>
    /// <returns>The result in float32.</returns>
    public static float[] Make(BlueprintTensor tensor, IReadOnlyList<float[]> sources, long seed = 0) =>
        tensor.Treatment is JoinTreatment join
            ? [.. join.Parts.SelectMany(part => sources[part.Source][(int)part.First..(int)(part.First + part.Count)]
                .Select(number => number * part.Factor))]
            : Carry(tensor.Treatment!, new TensorValues(tensor.Shape, new float[tensor.Shape.ElementCount], sources) { HasBase = false },
                false, LaneWidth.Scalar, seed);

    private static float[] Carry(Treatment treatment, TensorValues values, bool usesBase, LaneWidth width, long seed)
    {
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
            float[] operand = Elements(topK.Operand, values, width, seed);
            return SmallSelection.Select(operand, (int)topK.Kept(operand.Length, operand.Length - MagnitudeSelection.CountZeros(operand)));
        }

        if (statistic is RowStatistic rows)
        {
            int length = (int)values.Shape.RowLength;
            return Starts(0, values.Base.Length, length).SelectMany(row => Numbers(rows.Function, rows.Results, values, row, length))
                .ToArray();
        }

        if (statistic is RunStatistic runs)
        {
            return Starts(0, values.Base.Length, UnitElements)
                .Select(unit => Sum(Starts(unit, Math.Min(unit + UnitElements, values.Base.Length), RunStatistic.Length)
                    .Select(run => Numbers(runs.Function, runs.Results, values, run, RunStatistic.Length)), runs.Results))
                .Aggregate(new double[runs.Results], (totals, unit) => Sum([totals, unit], runs.Results));
        }

        SumStatistic sum = (SumStatistic)statistic;
        Check(KernelProbe.Breach(sum, values.Sources.Count));
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

    private static void Check(string? breach)
    {
        if (breach is not null)
        {
            throw new InvalidOperationException($"a kernel of the strategy {breach}");
        }
    }

    private static IEnumerable<int> Starts(int first, int end, int step)
    {
        for (int start = first; start < end; start += step)
        {
            yield return start;
        }
    }

    private static double[] Numbers(RunFunction function, int count, TensorValues values, int start, int length)
    {
        Range part = start..Math.Min(start + length, values.Base.Length);
        float[] sources = [.. values.Sources.SelectMany(source => source[part])];
        double[] results = new double[count];
        function(new TensorRun(values.Base.AsSpan(part), sources, sources.Length / values.Sources.Count), results);
        return results;
    }

    private static double[] Sum(IEnumerable<double[]> parts, int count) =>
        parts.Aggregate(new double[count], (totals, part) => [.. totals.Zip(part, (total, number) => total + number)]);

    private static float[] Elements(Operand operand, TensorValues values, LaneWidth width, long seed)
    {
        if (operand.Formula is { } formula)
        {
            float[] made = new float[values.Base.Length];
            Apply(formula, values, width, seed, made);
            return made;
        }

        float[] elements = operand.SourceIndex is { } source ? values.Sources[source] : values.Base;
        return operand.SubtractsBase ? [.. elements.Zip(values.Base, (element, origin) => element - origin)] : elements;
    }

    private static float[] Ranks(KernelParameters parameters, TensorValues values)
    {
        int length = (int)values.Shape.RowLength;
        RowRanks ranking = new();
        float[] ranks = new float[values.Base.Length * Math.Max(1, parameters.Ranks.Count)];
        for (int index = 0; index < parameters.Ranks.Count; index++)
        {
            float[] elements = Elements(parameters.Ranks[index], values, LaneWidth.Scalar, seed: 0);
            for (int start = 0; start < elements.Length; start += length)
            {
                ranking.Fill(elements.AsSpan(start, length), ranks.AsSpan((index * elements.Length) + start, length));
            }
        }

        return ranks;
    }

    private static unsafe void Apply(ElementwiseTreatment treatment, TensorValues values, LaneWidth width, long seed, float[] result)
    {
        Check(KernelProbe.Breach(treatment, values.Sources.Count));
        ElementwiseFunction function = ElementwiseLoop.Bind(treatment, width, ElementFormat.Single, ElementFormat.Single);
        fixed (float* output = result)
        {
            byte* bytes = (byte*)output;
            ForEachStretch(values, treatment.Parameters, seed, 0, result.Length, run => function(run, bytes));
        }
    }

    private static WholeTensors Whole(TensorValues values, bool usesBase, float[] result)
    {
        int columns = (int)values.Shape.RowLength;
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

        float[] ranks = Ranks(parameters, values);
        float[] table = new float[Math.Max(1, parameters.Slots * parameters.Sources)];
        GCHandle[] pins = [.. values.Sources.Select(source => GCHandle.Alloc(source, GCHandleType.Pinned))];
        nint[] pointers = [.. pins.Select(pin => pin.AddrOfPinnedObject())];
        byte* scratch = (byte*)NativeMemory.AlignedAlloc((nuint)(64 * pointers.Length), 64);
        try
        {
            fixed (float* @base = values.Base, tablePointer = table, rankPointer = ranks)
            fixed (ushort* uniformPointer = uniforms)
            fixed (nint* sources = pointers)
            {
                for (long start = first; start < last;)
                {
                    long end = Math.Min(last, parameters.NextChange(start));
                    if (parameters.Ranks.Count > 0)
                    {
                        end = Math.Min(end, ((start / values.Shape.RowLength) + 1) * values.Shape.RowLength);
                    }

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
                        Ranks = rankPointer,
                        RankStride = count,
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
