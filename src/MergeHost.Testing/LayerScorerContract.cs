using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Scoring;
using Xunit;

namespace MergeHost.Testing;

/// <summary>What every layer scorer must do; a scorer's tests inherit it.</summary>
/// <typeparam name="TScorer">The scorer.</typeparam>
public abstract class LayerScorerContract<TScorer>
    where TScorer : ILayerScorer, new()
{
    /// <summary>The scorer.</summary>
    protected TScorer Scorer { get; } = new();

    /// <summary>Options that are valid for every tensor; by default those of the record.</summary>
    protected virtual object ValidOptions => Activator.CreateInstance(Scorer.OptionsType)!;

    /// <summary>Scores numbers in memory.</summary>
    /// <param name="layer">The numbers.</param>
    /// <param name="options">The scorer's options; <see cref="ValidOptions"/> if nothing is said.</param>
    protected LayerScore Score(ILayerTensors layer, object? options = null) =>
        Scorer.Score(layer, options ?? ValidOptions, new ManagedLinearAlgebra(threads: 1), default);

    /// <summary>A matrix and what it became, as <see cref="Some.Group(TensorShape, int, int)"/> makes them.</summary>
    protected static LayerValues Pair(int rows, int columns, int seed = 1)
    {
        TensorValues values = Some.Group([rows, columns], sources: 1, seed);
        return new LayerValues(new Matrix<float>(rows, columns, values.Base), new Matrix<float>(rows, columns, values.Sources[0]));
    }

    /// <summary>A finite pair has a finite score or none.</summary>
    [Theory]
    [InlineData(8, 4)]
    [InlineData(1, 1)]
    [InlineData(3, 130)]
    [InlineData(64, 80)]
    public void Score_OfFiniteMatrices_IsFiniteOrNone(int rows, int columns)
    {
        LayerScore score = Score(Pair(rows, columns));
        Assert.False(double.IsInfinity(score.Value));
        Assert.All(score.Diagnostics.Values, value => Assert.True(double.IsFinite(value)));
    }

    /// <summary>A tensor that training left alone, or that is all zeros, is no reason to fail.</summary>
    [Fact]
    public void Score_OfWhatDidNotChangeOrIsZero_IsFiniteOrNone()
    {
        Matrix<float> weights = Pair(8, 4).Get(LayerMatrix.Base);
        Matrix<float> zeros = new(8, 4);
        Assert.All(
            [new LayerValues(weights, weights), new LayerValues(zeros, zeros), new LayerValues(zeros, weights), new LayerValues(weights, zeros)],
            layer => Assert.False(double.IsInfinity(Score(layer).Value)));
    }

    /// <summary>A vector is one row; a scorer may have nothing to say of it.</summary>
    [Fact]
    public void Score_OfAVector_IsFiniteOrNone()
    {
        LayerValues row = Pair(1, 16);
        LayerValues norm = new(row.Get(LayerMatrix.Base), row.Get(LayerMatrix.Adapted))
        {
            Tensor = new TensorInfo("model.layers.0.input_layernorm.weight", DType.F32, [16]),
            Role = TensorRole.Norm,
        };
        Assert.False(double.IsInfinity(Score(norm).Value));
    }

    /// <summary>The same numbers give the same score, and stay as they are.</summary>
    [Fact]
    public void Score_Twice_GivesTheSameAndLeavesItsInputs()
    {
        LayerValues layer = Pair(12, 20);
        LayerScore first = Score(layer);
        Assert.Equal(first.Value, Score(layer).Value);
        Assert.Equal(Pair(12, 20).Get(LayerMatrix.Base).Elements.ToArray(), layer.Get(LayerMatrix.Base).Elements.ToArray());
        Assert.Equal(Pair(12, 20).Get(LayerMatrix.Adapted).Elements.ToArray(), layer.Get(LayerMatrix.Adapted).Elements.ToArray());
    }

    /// <summary>Comparing gives as many finite scores, and does not depend on how often it is done.</summary>
    [Fact]
    public void Compare_OfSeveralScores_GivesAsManyFiniteOnes()
    {
        object options = ValidOptions;
        LayerScore[] scores = [.. Enumerable.Range(1, 4).Select(seed => Score(Pair(12, 20, seed), options)).Where(score => !double.IsNaN(score.Value))];
        LayerScore[] compared = Scorer.Compare(scores, options);
        Assert.Equal(scores.Length, compared.Length);
        Assert.All(compared, score => Assert.True(double.IsFinite(score.Value)));
        Assert.Equal(compared.Select(score => score.Value), Scorer.Compare(scores, options).Select(score => score.Value));
        Assert.Empty(Scorer.Compare([], options));
    }
}
