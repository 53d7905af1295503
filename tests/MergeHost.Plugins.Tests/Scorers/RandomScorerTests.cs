using MergeHost.Plugins.Spear.Controls;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class RandomScorerTests : LayerScorerContract<RandomScorer>
{
    [Fact]
    public void Score_DependsOnSeedAndName_AndNotOnTheWeights()
    {
        double score = Score(Pair(8, 4)).Value;
        Assert.Equal(score, Score(Pair(5, 3, seed: 2)).Value);
        Assert.NotEqual(score, Score(Pair(8, 4), new RandomOptions { Seed = 1 }).Value);
        Assert.NotEqual(score, Score(Named("model.layers.1.mlp.up_proj.weight")).Value);
    }

    // The mean of 4,000 numbers that are even in [0, 1) is 1/2 up to four times 1/√48,000.
    [Fact]
    public void Score_OverManyNames_IsEven() =>
        Assert.Equal(0.5, Enumerable.Range(0, 4000).Average(layer => Score(Named($"model.layers.{layer}.mlp.up_proj.weight")).Value),
            0.019);

    private static LayerValues Named(string name)
    {
        LayerValues pair = Pair(2, 2);
        return new LayerValues(pair.Get(LayerMatrix.Base), pair.Get(LayerMatrix.Adapted))
        {
            Tensor = new TensorInfo(name, DType.F32, [2, 2])
        };
    }
}
