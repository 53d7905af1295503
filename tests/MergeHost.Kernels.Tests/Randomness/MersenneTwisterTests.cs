using MergeHost.Kernels.Randomness;

namespace MergeHost.Kernels.Tests.Randomness;

/// <summary>Against numbers that others publish: the authors' <c>mt19937ar.out</c>, and the C++
/// standard, which demands the 10,000th.</summary>
public sealed class MersenneTwisterTests
{
    [Fact]
    public void Next_SeededByANumber_GivesTheNumberThatTheStandardDemands()
    {
        MersenneTwister random = new(5489);
        uint last = 0;
        for (int i = 0; i < 10_000; i++)
        {
            last = random.Next();
        }

        Assert.Equal(4_123_659_995, last);
    }

    [Fact]
    public void Next_SeededBySeveralNumbers_GivesTheAuthorsNumbers()
    {
        MersenneTwister random = new([0x123, 0x234, 0x345, 0x456]);
        Assert.Equal([1_067_595_299, 955_945_823, 477_289_528, 4_107_218_783, 4_228_976_476],
            new[] { random.Next(), random.Next(), random.Next(), random.Next(), random.Next() });
    }
}
