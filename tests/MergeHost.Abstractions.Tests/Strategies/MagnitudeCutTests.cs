using MergeHost.Strategies;

namespace MergeHost.Tests.Strategies;

public sealed class MagnitudeCutTests
{
    [Theory]
    [InlineData(2f, 100, true)]
    [InlineData(-2f, 100, true)]
    [InlineData(0.5f, 0, false)]
    [InlineData(1f, 9, true)]
    [InlineData(-1f, 9, true)]
    [InlineData(1f, 10, false)]
    [InlineData(float.PositiveInfinity, 100, true)]
    [InlineData(float.NaN, 0, false)]
    public void Keeps_WhatIsLargerOrATieBeforeTheEdge(float value, long index, bool keeps) =>
        Assert.Equal(keeps, new MagnitudeCut(1, 10).Keeps(value, index));
}
