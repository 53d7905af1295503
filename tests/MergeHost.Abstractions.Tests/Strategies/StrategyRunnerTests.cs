using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Tests.Strategies;

public sealed class StrategyRunnerTests
{
    [Fact]
    public void Merge_WhenAKernelAsksForRanksThatAreNotThere_SaysSo()
    {
        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(
            () => StrategyRunner.Merge(new EagerStrategy(), Some.Group([2, 4]), new EagerOptions()));
        Assert.Contains("asks for rank 0 of 0", thrown.Message, StringComparison.Ordinal);
    }

    private sealed record EagerOptions;

    [MergeStrategy("eager")]
    private sealed class EagerStrategy : IMergeStrategy<EagerOptions>
    {
        public Treatment Merge(TensorGroup<EagerOptions> group) =>
            Treatment.Elementwise<Kernel>(new KernelParameters(0, group.Sources.Count));
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.Rank(0);
    }
}
