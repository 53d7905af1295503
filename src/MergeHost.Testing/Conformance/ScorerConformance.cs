using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Testing;

/// <summary>What every layer scorer must do.</summary>
/// <param name="scorer">The scorer.</param>
public class ScorerConformance(ILayerScorer scorer) : Conformance
{
    /// <summary>The scorer.</summary>
    protected ILayerScorer Scorer => scorer;

    /// <summary>Tries all laws with the options that the record has by default.</summary>
    /// <param name="scorer">The scorer.</param>
    /// <returns>Those that are broken.</returns>
    public static IReadOnlyList<Violation> Check(ILayerScorer scorer) => new ScorerConformance(scorer).Check();

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
    [Law]
    public void Score_OfFiniteMatrices_IsFiniteOrNone() =>
        Assert.All([(8, 4), (1, 1), (3, 130), (64, 80)], ((int Rows, int Columns) shape) =>
        {
            LayerScore score = Score(Pair(shape.Rows, shape.Columns));
            AssertUsable(score);
            Assert.All(score.Diagnostics, pair => Assert.True(double.IsFinite(pair.Value), $"diagnostic '{pair.Key}' is {pair.Value}"));
        });

    /// <summary>A tensor that training left alone, or that is all zeros, is no reason to fail.</summary>
    [Law]
    public void Score_OfWhatDidNotChangeOrIsZero_IsFiniteOrNone()
    {
        Matrix<float> weights = Pair(8, 4).Get(LayerMatrix.Base);
        Matrix<float> zeros = new(8, 4);
        Assert.All(
            [new LayerValues(weights, weights), new LayerValues(zeros, zeros), new LayerValues(zeros, weights),
                new LayerValues(weights, zeros)],
            layer => AssertUsable(Score(layer)));
    }

    /// <summary>A vector is one row; a scorer may have nothing to say of it.</summary>
    [Law]
    public void Score_OfAVector_IsFiniteOrNone()
    {
        LayerValues row = Pair(1, 16);
        LayerValues norm = new(row.Get(LayerMatrix.Base), row.Get(LayerMatrix.Adapted))
        {
            Tensor = new TensorInfo("model.layers.0.input_layernorm.weight", DType.F32, [16]),
            Role = TensorRole.Norm,
        };
        AssertUsable(Score(norm));
    }

    /// <summary>The same numbers give the same score, and stay as they are.</summary>
    [Law]
    public void Score_Twice_GivesTheSameAndLeavesItsInputs()
    {
        LayerValues layer = Pair(12, 20);
        LayerScore first = Score(layer);
        Assert.Equal(first.Value, Score(layer).Value);
        Assert.Equal(Pair(12, 20).Get(LayerMatrix.Base).Elements.ToArray(), layer.Get(LayerMatrix.Base).Elements.ToArray());
        Assert.Equal(Pair(12, 20).Get(LayerMatrix.Adapted).Elements.ToArray(), layer.Get(LayerMatrix.Adapted).Elements.ToArray());
    }

    /// <summary>Comparing gives as many finite scores, and does not depend on how often it is done.</summary>
    [Law]
    public void Compare_OfSeveralScores_GivesAsManyFiniteOnes()
    {
        object options = ValidOptions;
        LayerScore[] scores = [.. Enumerable.Range(1, 4).Select(seed => Score(Pair(12, 20, seed), options))
            .Where(score => !double.IsNaN(score.Value))];
        LayerScore[] compared = Scorer.Compare(scores, options);
        Assert.Equal(scores.Length, compared.Length);
        Assert.All(compared, score => Assert.True(double.IsFinite(score.Value), $"a compared score is {score.Value}"));
        Assert.Equal(compared.Select(score => score.Value), Scorer.Compare(scores, options).Select(score => score.Value));
        Assert.Empty(Scorer.Compare([], options));
    }

    private static void AssertUsable(LayerScore score) => Assert.True(!double.IsInfinity(score.Value), $"the score is {score.Value}");
}
