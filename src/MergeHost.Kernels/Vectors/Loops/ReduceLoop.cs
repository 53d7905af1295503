using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>Runs reduce kernels over memory; the same bits at every width.</summary>
public static class ReduceLoop
{
    /// <summary>How many elements are summed in float32 before the sum goes over to float64.</summary>
    public const int RunLength = 4096;

    // Float32 sums that run side by side, whatever the lane's width: as many as the widest lane holds.
    private const int Parts = 16;

    /// <summary>Compiles a statistic's kernel for a width and for the type of its inputs.</summary>
    public static ReduceFunction Bind(SumStatistic statistic, LaneWidth width, ElementFormat input) =>
        statistic.Accept(new Binder(width, input));

    private static unsafe void Run<K, V, I>(in KernelRun run, Span<double> totals)
        where K : struct, IReduceKernel
        where V : struct, IMemoryVec<V>
        where I : struct, IElementFormat
    {
        int sumBytes = totals.Length * Parts * sizeof(float);
        byte* memory = stackalloc byte[(2 * sumBytes) + 64];
        float* sums = (float*)(((nuint)memory + 63) & ~(nuint)63);
        byte* terms = (byte*)sums + sumBytes;
        nint runEnd = run.Start + run.Count;
        for (nint first = run.Start; first < runEnd; first += RunLength)
        {
            new Span<byte>(sums, sumBytes).Clear();
            nint end = nint.Min(first + RunLength, runEnd);
            nint whole = end - ((end - first) % Parts);
            Add<K, V, I>(run, first, whole, sums, new Span<V>(terms, totals.Length));
            Add<K, VecScalar, I>(run, whole, end, sums, new Span<VecScalar>(terms, totals.Length));
            for (int term = 0; term < totals.Length; term++)
            {
                double total = 0;
                for (int part = 0; part < Parts; part++)
                {
                    total += sums[(term * Parts) + part];
                }

                totals[term] += total;
            }
        }
    }

    private static unsafe void Add<K, V, I>(in KernelRun run, nint first, nint end, float* sums, Span<V> terms)
        where K : struct, IReduceKernel
        where V : struct, IMemoryVec<V>
        where I : struct, IElementFormat
    {
        KernelContext<V, I> context = new(run);
        for (nint group = first; group < end; group += Parts)
        {
            nint parts = nint.Min(Parts, end - group);
            for (nint part = 0; part < parts; part += V.Count)
            {
                context.Element = group + part;
                K.Terms(context, terms);
                for (int term = 0; term < terms.Length; term++)
                {
                    float* sum = sums + (term * Parts) + part;
                    V.StoreSingle(V.LoadSingle(sum) + terms[term], sum);
                }
            }
        }
    }

    private sealed class Binder(LaneWidth width, ElementFormat input) : IReduceVisitor<ReduceFunction>
    {
        public ReduceFunction Visit<K>()
            where K : struct, IReduceKernel => width switch
            {
                LaneWidth.Bits512 => Formats<K, Vec512>(),
                LaneWidth.Bits256 => Formats<K, Vec256>(),
                LaneWidth.Bits128 => Formats<K, Vec128>(),
                _ => Formats<K, VecScalar>(),
            };

        private unsafe ReduceFunction Formats<K, V>()
            where K : struct, IReduceKernel
            where V : struct, IMemoryVec<V> => input == ElementFormat.BFloat16
                ? Run<K, V, BFloat16Format>
                : Run<K, V, SingleFormat>;
    }
}
