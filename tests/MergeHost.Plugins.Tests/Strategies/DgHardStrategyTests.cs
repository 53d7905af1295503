using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Plugins.Spear;
using MergeHost.Plugins.Tests.Scorers;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class DgHardStrategyTests : MergeStrategyContract<DgHardStrategy>
{
    // Of a task vector that is noise and two directions, the two are left: what a singular value decomposition cut off at two gives.
    [Theory]
    [InlineData(40, 64)]
    [InlineData(64, 40)]
    [InlineData(48, 48)]
    public void Merge_OfNoiseAndTwoDirections_KeepsTheTwo(int rows, int columns)
    {
        Matrix<float> taskVector = SpearLaws.Spiked(rows, columns, spikes: 2);
        TensorValues values = Values(taskVector);
        SingularValueDecomposition parts = new ManagedLinearAlgebra(threads: 1).Decompose(taskVector);
        float[] expected = [.. values.Base];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                expected[(row * columns) + column] +=
                    (float)Enumerable.Range(0, 2).Sum(k => parts.S[k] * parts.U[row, k] * parts.V[column, k]);
            }
        }

        StrategyLaws.AssertNear(expected, Merge(values, new DgHardOptions()), 2e-4f);
    }

    [Fact]
    public void Merge_AtScaleZero_IsTheAdaptedModel()
    {
        TensorValues values = Some.Group([40, 64], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new DgHardOptions { Scale = 0 }), 2e-6f);
    }

    [Fact]
    public void Merge_OfNoise_IsTheBase()
    {
        TensorValues values = Some.Group([40, 64], sources: 1);
        Assert.Equal(values.Base, Merge(values, new DgHardOptions()));
    }

    // What is left has no noise, so that nothing more goes.
    [Fact]
    public void Merge_OfItsOwnResult_ChangesNothing()
    {
        TensorValues values = Values(SpearLaws.Spiked(40, 64, spikes: 2));
        float[] once = Merge(values, new DgHardOptions());
        StrategyLaws.AssertNear(once, Merge(values with { Sources = [once] }, new DgHardOptions()), 1e-4f);
    }

    [Theory]
    [InlineData(new long[] { 2000 })]
    [InlineData(new long[] { 31, 33 })]
    public void Merge_OfVectorsAndSmallTensors_IsTheAdaptedModel(long[] shape)
    {
        TensorValues values = Some.Group([.. shape], sources: 1);
        Assert.Equal(values.Sources[0], Merge(values, new DgHardOptions()));
    }

    private static TensorValues Values(Matrix<float> taskVector)
    {
        float[] @base = Some.Group([taskVector.Rows, taskVector.Columns], sources: 0, seed: 5).Base;
        return new TensorValues([taskVector.Rows, taskVector.Columns], @base,
            [[.. @base.Zip(taskVector.Elements.ToArray(), (x, y) => x + y)]]);
    }
}
