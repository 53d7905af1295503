using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Plugins.Adapters.Building;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>Ranks by energy and by noise.</summary>
public sealed class LoraRankScorerTests : LayerScorerContract<LoraRankScorer>
{
    [Theory]
    [InlineData(0.5, 1)]
    [InlineData(0.75, 2)]
    [InlineData(1.0, 4)]
    public void Score_ByEnergy_CountsTheValuesThatHoldIt(double energy, int rank) =>
        Assert.Equal(rank,
            new LoraRankScorer()
                .Score(new Known([2, 1.5, 1, 0.5]), new LoraRankOptions { Energy = energy }, new ManagedLinearAlgebra(), default).Value);

    // 4/√3 is 2.309, and the polynomial gives 2.86 at β = 1: values above 2.86 medians stand out.
    [Fact]
    public void Score_ByNoise_CountsTheValuesThatStandOut() =>
        Assert.Equal(2,
            new LoraRankScorer()
                .Score(new Known([9, 3, 1, 1, 1, 0.5]), new LoraRankOptions { NoiseEdge = true }, new ManagedLinearAlgebra(),
                    default).Value);

    private sealed class Known(double[] values) : ILayerTensors
    {
        public TensorInfo Tensor => new("w", DType.F32, [values.Length, values.Length]);

        public TensorRole Role => TensorRole.Other;

        public int? Layer => 0;

        public int LayerCount => 1;

        public Matrix<float> Get(LayerMatrix which) => throw new NotSupportedException();

        IReadOnlyList<double> ILayerTensors.SingularValues(LayerMatrix which) => values;
    }
}
