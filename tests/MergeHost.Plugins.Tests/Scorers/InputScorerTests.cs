using MergeHost.Algebra;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Spear;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class WandaScorerTests : LayerScorerContract<WandaScorer>
{
    protected override object ValidOptions => InputStatistics.Nothing;

    // Inputs of the lengths 2 and 3: (|1| · 2 + |−2| · 3) / (|4| · 2 + |1| · 3).
    [Fact]
    public void Score_WeighsEachElementByTheLengthOfItsInput()
    {
        LayerValues layer = new(new Matrix<float>(1, 2, (float[])[4, 1]), new Matrix<float>(1, 2, (float[])[5, -1]));
        Assert.Equal(8.0 / 11, Score(layer, InputStatistics.Of("square_mean", [2], [4, 9])).Value, 1e-7);
    }

    [Fact]
    public void Score_WithoutStatisticsOfTheTensor_IsNone() => Assert.Equal(LayerScore.NotApplicable, Score(Pair(3, 4)));
}

public sealed class OutputChangeScorerTests : LayerScorerContract<OutputChangeScorer>
{
    protected override object ValidOptions => InputStatistics.Nothing;

    // By the outputs themselves, on three inputs.
    [Fact]
    public void Score_IsTheLengthOfTheChangeOfOutputsByThatOfOutputs()
    {
        double[][] inputs = [[1, 2], [-1, 0.5], [0.25, 3]];
        float[] gram = [.. new[] { (0, 0), (0, 1), (1, 0), (1, 1) }.Select(at => (float)(inputs.Sum(x => x[at.Item1] * x[at.Item2]) / 3))];
        LayerValues layer = Pair(4, 2);
        double expected = Math.Sqrt(Power(LayerMatrix.TaskVector) / Power(LayerMatrix.Base));
        Assert.Equal(expected, Score(layer, InputStatistics.Of("gram", [2, 2], gram)).Value, 1e-6 * expected);

        double Power(LayerMatrix which) =>
            Enumerable.Range(0, 4)
                .Sum(row => inputs.Sum(x => Math.Pow((layer.Get(which)[row, 0] * x[0]) + (layer.Get(which)[row, 1] * x[1]), 2)));
    }

    [Fact]
    public void Score_OfAChangeThatNoInputMeets_IsZero()
    {
        LayerValues layer = new(new Matrix<float>(1, 2, (float[])[4, 1]), new Matrix<float>(1, 2, (float[])[4, 9]));
        Assert.Equal(0, Score(layer, InputStatistics.Of("gram", [2, 2], [1, 0, 0, 0])).Value);
    }
}

internal static class InputStatistics
{
    public static InputOptions Nothing { get; } = new() { Statistics = new AuxiliaryCheckpoint("nothing", new TinyCheckpoint().Open()) };

    public static InputOptions Of(string what, TensorShape shape, float[] values) =>
        new()
        {
            Statistics = new AuxiliaryCheckpoint("statistics",
                new TinyCheckpoint().Add($"model.layers.0.mlp.up_proj.{what}", DType.F32, shape, values).Open())
        };
}
