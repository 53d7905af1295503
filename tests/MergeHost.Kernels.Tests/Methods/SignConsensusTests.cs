using System.Runtime.CompilerServices;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Tests.Vectors;
using MergeHost.Kernels.Vectors;
using MergeHost.Kernels.Vectors.Loops;
using MergeHost.Lanes;

namespace MergeHost.Kernels.Tests.Methods;

/// <summary>The vote, over contributions that are the elements of the sources.</summary>
public sealed class SignConsensusTests
{
    [Fact]
    public void Merge_WhenSignsConflict_SumsThoseOfTheLargerMass()
    {
        Assert.Equal(0.5f, Merge([0.5f, -0.3f]));
        Assert.Equal(-0.5f, Merge([-0.5f, 0.3f]));
        Assert.Equal(0.75f, Merge([0.5f, -0.6f, 0.25f]));
        Assert.Equal(-0.75f, Merge([0.5f, -0.5f, -0.25f]));
    }

    [Fact]
    public void Merge_WhenAllAgree_IsTheSumOrTheWeightedMean()
    {
        Assert.Equal(7, Merge([1, 2, 4]));
        Assert.Equal(2, Merge([1, 2, 4], weights: [0.5f, 1, 2], normalizes: true));
    }

    [Fact]
    public void Merge_WhenNormalised_DividesByTheWeightsOfThoseThatAgree()
    {
        Assert.Equal(2, Merge([6, -1, 2], weights: [3, 100, 1], normalizes: true));
        Assert.Equal(8, Merge([6, -1, 2], weights: [3, 100, 1]));
    }

    // A negative weight turns its source's sign before the vote; its divisor counts as it is.
    [Fact]
    public void Merge_WithANegativeWeight_DividesByItAsItIs() =>
        Assert.Equal(-4, Merge([4, 4], weights: [-3, 1], normalizes: true));

    [Fact]
    public void Merge_OfATotalOfZero_VotesForPlus() => Assert.Equal(0.5f, Merge([0.5f, -0.5f]));

    [Fact]
    public void Merge_OfZeros_IsZero()
    {
        Assert.Equal(0, Merge([0, -0f]));
        Assert.Equal(0, Merge([0, 0], normalizes: true));
    }

    // An element that is exactly zero has no sign, agrees with nobody and takes no part in the divisor.
    [Fact]
    public void Merge_OfAnElementThatIsZero_LeavesItsWeightOut() => Assert.Equal(2, Merge([2, 0], normalizes: true));

    [Fact]
    public void Merge_WhenTheDivisorIsZero_DividesByOne() => Assert.Equal(5, Merge([2, 3], weights: [1, -1], normalizes: true));

    [Fact]
    public void Merge_OfNegatedContributions_IsTheNegatedResult()
    {
        float[][] sources = [Floats.Normal(1, 1000), Floats.Normal(2, 1000), Floats.Normal(3, 1000)];
        float[][] negated = [.. sources.Select(source => source.Select(value => -value).ToArray())];
        float[] weights = [0.5f, 1, 2];
        Assert.Equal(Merge(sources, weights, true).Select(value => -value), Merge(negated, weights, true));
    }

    [Fact]
    public void Merge_OfSourcesInAnotherOrder_IsTheSameUpToRounding()
    {
        float[][] sources = [Floats.Normal(1, 1000), Floats.Normal(2, 1000), Floats.Normal(3, 1000)];
        float[] merged = Merge(sources, [0.5f, 1, 2], true);
        float[] reordered = Merge([sources[2], sources[0], sources[1]], [2, 0.5f, 1], true);
        Assert.All(merged.Zip(reordered), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Theory]
    [InlineData(float.NaN, 1f)]
    [InlineData(1f, float.NaN)]
    [InlineData(-5f, float.NaN)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity)]
    public void Merge_OfWhatIsNoFiniteNumber_IsNaN(float a, float b)
    {
        Assert.Equal(float.NaN, Merge([a, b]));
        Assert.Equal(float.NaN, Merge([a, b], normalizes: true));
    }

    private static float Merge(float[] contributions, float[]? weights = null, bool normalizes = false)
    {
        // More than one element, so that a lane works and not only the rest of the run.
        float[][] sources = [.. contributions.Select(contribution => Enumerable.Repeat(contribution, 17).ToArray())];
        float[] merged = Merge(sources, weights ?? [.. contributions.Select(_ => 1f)], normalizes);
        return Assert.Single(merged.Distinct());
    }

    private static float[] Merge(float[][] sources, float[] weights, bool normalizes)
    {
        float[] other = [.. Enumerable.Repeat(0f, sources.Length - 1)];
        KernelMemory memory = new(ElementFormat.Single, null, sources) { Parameters = [.. weights, normalizes ? 1 : 0, .. other] };
        return memory.Apply<ConsensusKernel>(LaneWidths.Current, sources[0].Length);
    }

    private readonly struct ConsensusKernel : IElementwiseKernel
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V total = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                c.Scratch[i] = c.Source(i);
                total += c.Source(i);
            }

            return SignConsensus.Merge<V, C>(c, total, 0, 1);
        }
    }
}
