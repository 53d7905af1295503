using MergeHost.Evaluation.Statistics;

namespace MergeHost.Tests.Scoring;

public sealed class RankAgreementTests
{
    [Fact]
    public void Of_UnitsOfOneKind_IsSpearmansRho()
    {
        // By hand: ranks of the second are 1, 2, 3, 5, 4 with the second tie-free, and 1, 2, 3.5, 5, 3.5 with a tie.
        Assert.Equal(0.9, Rho("aaaaa", [1, 2, 3, 4, 5], [5, 6, 7, 9, 8]), 12);
        Assert.Equal(0.8207826816681233, Rho("aaaaa", [1, 2, 3, 4, 5], [5, 6, 7, 8, 7]), 12);
        Assert.Equal(-1, Rho("aaaaa", [1, 2, 3, 4, 5], [9, 7, 5, 3, 1]), 12);
    }

    [Fact]
    public void Of_UnitsOfSeveralKinds_ComparesWithinAKind()
    {
        Assert.Equal(1, Rho("aabb", [1, 2, 100, 200], [70, 80, 1, 2]), 12);
        Assert.Equal(0, Rho("aabb", [1, 2, 100, 200], [70, 80, 2, 1]), 12);
        Assert.Equal(1, Rho("aaab", [1, 2, 3, 4], [1, 2, 3, -7]), 12);
    }

    [Fact]
    public void Of_AnOrder_TellsHowOftenChanceDoesAsWell()
    {
        Assert.Equal(1 / 6.0, RankAgreement.Of(["", "", ""], [1, 2, 3], [1, 2, 3])!.Chance, 0.02);
        Assert.Equal(1, RankAgreement.Of(["", "", ""], [1, 2, 3], [3, 2, 1])!.Chance, 12);
        Assert.Equal(0.25, RankAgreement.Of(["a", "a", "b", "b"], [1, 2, 1, 2], [1, 2, 1, 2])!.Chance, 0.02);
    }

    [Theory]
    [InlineData("aaa", 1, 1, 1)]
    [InlineData("abc", 1, 2, 3)]
    public void Of_WhatCannotBeRanked_IsNone(string kinds, double first, double second, double third) =>
        Assert.Null(RankAgreement.Of([.. kinds.Select(kind => $"{kind}")], [first, second, third], [1, 2, 3]));

    private static double Rho(string kinds, double[] first, double[] second)
    {
        string[] named = [.. kinds.Select(kind => $"{kind}")];
        double rho = RankAgreement.Of(named, first, second)!.Rho;
        Assert.Equal(rho, RankAgreement.Rho(named, first, second));
        return rho;
    }
}
