using MergeHost.Algebra;
using MergeHost.Plugins.Spear.Controls;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

public sealed class DirectionChangeScorerTests : LayerScorerContract<DirectionChangeScorer>
{
    [Theory]
    [InlineData(2f, 0f, 0)]
    [InlineData(0f, 3f, 1)]
    [InlineData(-1f, 0f, 2)]
    public void Score_IsOneMinusTheCosine_WhateverTheLength(float x, float y, double expected) =>
        Assert.Equal(expected,
            Score(new LayerValues(new Matrix<float>(2, 1, (float[])[1, 0]), new Matrix<float>(2, 1, (float[])[x, y]))).Value, 1e-15);

    // cos 1e-5 differs from 1 by 5e-11, of which subtraction would leave five digits.
    [Fact]
    public void Score_OfATinyTurn_KeepsItsDigits() =>
        Assert.Equal(
            1 - (1 / Math.Sqrt(1 + Math.Pow(1e-5f, 2))),
            Score(new LayerValues(new Matrix<float>(2, 1, (float[])[1, 0]), new Matrix<float>(2, 1, (float[])[1, 1e-5f]))).Value,
            1e-16);

    [Fact]
    public void Score_OfRotatedOrReorderedMatrices_IsTheSame() => SpearLaws.AssertIsInvariant(layer => Score(layer).Value);
}
