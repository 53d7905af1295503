using MergeHost.Lanes;
using MergeHost.Plans;
using MergeHost.Strategies;

namespace MergeHost.Tests.Planning;

public sealed class TreatmentContractTests
{
    public static TheoryData<Treatment?, bool, string> Broken => new()
    {
        { null, true, "returned no treatment" },
        { Treatment.CopyBase(), false, "copies the base, and there is none" },
        { Treatment.CopySource(2), true, "copies source 2 of 2" },
        { Treatment.CopySource(-1), true, "copies source -1 of 2" },
        { Treatment.Elementwise<NoKernel>(new KernelParameters(1, 1)), true, "has parameters for 1 sources, and there are 2" },
        { Treatment.Elementwise<NoKernel>(new KernelParameters(1, 3)), true, "has parameters for 3 sources, and there are 2" },
        { Measure(Statistic.TopK(Operand.TaskVector(2), 0.5)), true, "measures source 2 of 2" },
        { Measure(Statistic.TopK(Operand.Base, 0.5), Statistic.TopK(Operand.Source(-1), 0.5)), true, "measures source -1 of 2" },
        { Measure(Statistic.Largest(Operand.Of<NoKernel>(new KernelParameters(1, 1)), 1)), true,
            "has parameters for 1 sources, and there are 2" },
        { Treatment.Elementwise<NoKernel>(new KernelParameters(1, 2) { Ranks = [Operand.Base, Operand.Source(2)] }), true,
            "ranks source 2 of 2" },
        { Measure(Statistic.Sum<NoKernel>(1, new KernelParameters(1, 1))), true, "has parameters for 1 sources, and there are 2" },
        { Treatment.Elementwise<EagerKernel>(new KernelParameters(0, 2)), true, "reads parameter slot 0 of 0" },
        { Treatment.Elementwise<EagerKernel>(new KernelParameters(1, 2)), true, "draws from stream 2 of 0" },
        { Treatment.Elementwise<EagerKernel>(new KernelParameters(1, 2) { Streams = 3 }), true, "asks for rank 1 of 0" },
        { Treatment.Elementwise<EagerKernel>(new KernelParameters(1, 2) { Streams = 3, Ranks = [Operand.Base, Operand.Base] }), true,
            "reads source 2 of 2" },
        { Measure(Statistic.Sum<EagerKernel>(1, new KernelParameters(1, 2))), true, "draws from stream 2 of 0" },
        { Measure(Statistic.Largest(Operand.Of<EagerKernel>(new KernelParameters(1, 2)), 1)), true, "draws from stream 2 of 0" },
    };

    public static TheoryData<Treatment, bool> Kept => new()
    {
        { Treatment.CopyBase(), true },
        { Treatment.CopySource(1), false },
        { Treatment.Elementwise<NoKernel>(new KernelParameters(1, 2)), false },
        { Treatment.Elementwise<NoKernel>(new KernelParameters(0, 1)), false },
        { Measure(Statistic.TopK(Operand.TaskVector(1), 0.5), Statistic.GramWithBase(2)), true },
        { Treatment.Matrix((_, _) => { }), false },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void IsBroken_ByATreatmentThatReadsWhatIsNotThere_TellsWhat(Treatment? treatment, bool hasBase, string expected)
    {
        Assert.True(TreatmentContract.IsBroken(treatment, 2, hasBase, out string? breach));
        Assert.Equal(expected, breach);
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void IsBroken_ByATreatmentThatReadsWhatIsThere_SaysNo(Treatment treatment, bool hasBase) =>
        Assert.False(TreatmentContract.IsBroken(treatment, 2, hasBase, out _));

    private static Treatment Measure(params Statistic[] statistics) => Treatment.Measure(statistics, _ => Treatment.CopyBase());

    private readonly struct NoKernel : IElementwiseKernel, IReduceKernel
    {
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.Base;

        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
        }
    }

    private readonly struct EagerKernel : IElementwiseKernel, IReduceKernel
    {
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.P(0, 1) + c.Uniform(2) + c.Rank(1) + c.Source(2);

        public static void Terms<V, C>(in C c, Span<V> terms)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => terms[0] = Apply<V, C>(c);
    }
}
