using MergeHost.Plugins.Fusion;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class FusionStrategyTests : MergeStrategyContract<FusionStrategy>
{
    protected override object ValidOptions => new FusionOptions();

    // The plainest way there is: softmax, divergence, sort, in float64.
    [Theory]
    [InlineData(16, 24)]
    [InlineData(1, 130)]
    [InlineData(7, 3)]
    public void Merge_OfAMatrix_TakesChangesFromTheLimitOnAsAWhole(int rows, int columns)
    {
        TensorValues values = Some.Group([rows, columns], sources: 1, seed: 3);
        float[] source = values.Sources[0];
        double[] scores = new double[source.Length];
        foreach (int row in Enumerable.Range(0, rows))
        {
            double[] p = Softmax(source[(row * columns)..((row + 1) * columns)]);
            double[] q = Softmax(values.Base[(row * columns)..((row + 1) * columns)]);
            double divergence = p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum();
            for (int i = row * columns; i < (row + 1) * columns; i++)
            {
                scores[i] = Math.Abs(source[i] - values.Base[i]) * divergence;
            }
        }

        double[] sorted = [.. scores.Order()];
        double[] quartiles = [.. Enumerable.Range(1, 3).Select(quarter => sorted[(int)(quarter / 4.0 * (sorted.Length - 1))])];
        double limit = quartiles[1] + (1.5 * (quartiles[2] - quartiles[0]));
        float[] merged = Merge(values, new FusionOptions());
        Assert.All(Enumerable.Range(0, merged.Length).Where(i => Math.Abs((scores[i] / limit) - 1) > 1e-5), i =>
            Assert.Equal(scores[i] >= limit ? source[i] : values.Base[i], merged[i], 1e-6f));
        Assert.InRange(merged.Zip(values.Base).Count(pair => pair.First != pair.Second), 1, merged.Length / 4);
    }

    [Fact]
    public void Merge_OfLargeWeights_DoesNotOverflow()
    {
        TensorValues values = new([2, 3], [500, 1, 2, 900, 3, 4], [[501, 1, 2, 900, 3, 4]]);
        Assert.All(Merge(values, new FusionOptions()), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Merge_OfNaN_ShowsItInTheResult() =>
        Assert.True(float.IsNaN(Merge(Some.Group([1, 2, 3], [1, float.NaN, 3]), new FusionOptions())[1]));

    private static double[] Softmax(float[] row)
    {
        double[] exponentials = [.. row.Select(value => Math.Exp(value - row.Max()))];
        return [.. exponentials.Select(value => (value / exponentials.Sum()) + 1e-8)];
    }
}
