using System.Runtime.Intrinsics.X86;
using MergeHost.Kernels.Randomness;

namespace MergeHost.Kernels.Tests.Randomness;

public sealed class PhiloxTests
{
    private const int Many = 1 << 20;
    private const string Name = "model.layers.0.mlp.up_proj.weight";

    // From the authors' Random123: counter, key, result.
    [Theory]
    [InlineData("00000000 00000000 00000000 00000000", "00000000 00000000", "5f6fb709 0d893f64 4f121f81 4f730a48")]
    [InlineData("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "5207ddc2 45165e59 4d8ee751 8c52f662")]
    [InlineData("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "4dfccaba 190a87f0 c47362ba b6b5242a")]
    public void Block_OfThePublishedCounters_GivesThePublishedWords(string counter, string key, string expected)
    {
        uint[] counters = Words(counter);
        uint[] keys = Words(key);
        uint[] words = new uint[4];
        new Philox(keys[0], keys[1], counters[2], counters[3]).Block(counters[0] | ((ulong)counters[1] << 32), words);
        Assert.Equal(Words(expected), words);
    }

    [Fact]
    public void Fill_OfAnElement_IsTheWordThatTheLayoutSays()
    {
        const long first = 64 * 1_000_000L;
        Philox philox = new(3, 1, Name);
        float[] numbers = Numbers(philox, first, 256);
        uint[] words = new uint[4];
        for (int element = 0; element < numbers.Length; element++)
        {
            long at = first + element;
            (long group, int word, int lane) = (at / 64, (int)(at / 16 % 4), (int)(at % 16));
            philox.Block((ulong)((16 * group) + lane), words);
            Assert.Equal((words[word] >> 8) / 16_777_216f, numbers[element]);
        }
    }

    // The counter's upper word begins to count at element 2³⁴.
    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData((1L << 34) - 128)]
    [InlineData((1L << 34) - 64)]
    [InlineData(1L << 40)]
    public void Fill_AtEveryWidth_GivesTheSameNumbers(long firstElement)
    {
        Philox philox = new(7, 2, Name);
        ulong counter = (ulong)firstElement / 4;
        float[] expected = new float[64];
        philox.FillGroupScalar(counter, ref expected[0]);
        Assert.Equal(expected, Numbers(philox, firstElement, 64));
        if (Avx2.IsSupported)
        {
            float[] numbers = new float[64];
            philox.FillGroup256(counter, ref numbers[0]);
            Assert.Equal(expected, numbers);
        }

        if (Avx512F.IsSupported)
        {
            float[] numbers = new float[64];
            philox.FillGroup512(counter, ref numbers[0]);
            Assert.Equal(expected, numbers);
        }
    }

    [Fact]
    public void Fill_OfAnyRun_IsThatPartOfALongerOne()
    {
        Philox philox = new(1, 0, Name);
        float[] all = Numbers(philox, 0, 1024);
        for (int first = 0; first < 1024; first += 64)
        {
            foreach (int count in new[] { 0, 1, 63, 64, 65, 1024 - first })
            {
                int length = Math.Min(count, 1024 - first);
                Assert.Equal(all[first..(first + length)], Numbers(philox, first, length));
            }
        }
    }

    [Fact]
    public void Fill_OfAPartOfAGroup_WritesNoMore()
    {
        float[] numbers = [.. Enumerable.Repeat(-1f, 100)];
        new Philox(1, 0, Name).Fill(0, numbers.AsSpan(0, 70));
        Assert.All(numbers[..70], number => Assert.InRange(number, 0f, 1f));
        Assert.All(numbers[70..], number => Assert.Equal(-1, number));
    }

    [Fact]
    public void Fill_FromWithinAGroup_IsRefused() =>
        Assert.Throws<ArgumentException>("firstElement", () => new Philox(1, 0, Name).Fill(32, new float[4]));

    [Fact]
    public void Fill_WithAnotherSeedStreamOrName_GivesOtherNumbers()
    {
        float[] numbers = Numbers(new Philox(1, 0, Name), 0, 64);
        Assert.Equal(numbers, Numbers(new Philox(1, 0, Name), 0, 64));
        foreach (Philox other in new Philox[] { new(2, 0, Name), new(1L << 40, 0, Name), new(1, 1, Name), new(1, 0, Name + "s") })
        {
            Assert.Empty(numbers.Intersect(Numbers(other, 0, 64)));
        }
    }

    // A merge of today must be made again tomorrow: these numbers are for life. They come from a few lines of Python.
    [Fact]
    public void Fill_ForATensor_GivesTheNumbersThatItAlwaysGave() =>
        Assert.Equal(
            [12115187, 5340822, 13561458, 4245680], Numbers(new Philox(42, 1, Name), 128, 4).Select(number => number * (1 << 24)));

    // The mean of n uniform numbers lies within 5 σ = 5/√(12 n) of ½ but for one case in a million; the rest likewise.
    [Fact]
    public void Fill_OfManyNumbers_HasMeanVarianceAndSharesOfTheUniformDistribution()
    {
        float[] numbers = Numbers(new Philox(1, 0, Name), 0, Many);
        Assert.All(numbers, number => Assert.True(number is >= 0 and < 1));
        Assert.InRange(numbers.Average(number => (double)number), 0.5 - 0.0015, 0.5 + 0.0015);
        Assert.InRange(numbers.Average(number => (number - 0.5) * (number - 0.5)), (1.0 / 12) - 0.0004, (1.0 / 12) + 0.0004);
        foreach (IGrouping<int, float> share in numbers.GroupBy(number => (int)(number * 16)))
        {
            Assert.InRange(share.Count(), (Many / 16) - 1250, (Many / 16) + 1250);
        }
    }

    // Neighbours, elements of one counter, groups, streams and names.
    [Fact]
    public void Fill_OfManyNumbers_HasNoCorrelation()
    {
        float[] numbers = Numbers(new Philox(1, 0, Name), 0, Many);
        foreach (int distance in new[] { 1, 2, 16, 32, 48, 64, 4096 })
        {
            Assert.InRange(Correlation(numbers[distance..], numbers), -0.005, 0.005);
        }

        foreach (Philox other in new Philox[] { new(2, 0, Name), new(1, 1, Name), new(1, 0, "model.layers.1.mlp.up_proj.weight") })
        {
            Assert.InRange(Correlation(numbers, Numbers(other, 0, Many)), -0.005, 0.005);
        }
    }

    private static float[] Numbers(Philox philox, long firstElement, int count)
    {
        float[] numbers = new float[count];
        philox.Fill(firstElement, numbers);
        return numbers;
    }

    // 5 σ for a million pairs is 0.005.
    private static double Correlation(float[] a, float[] b) => 12 * a.Zip(b, (x, y) => (x - 0.5) * (y - 0.5)).Average();

    private static uint[] Words(string text) => [.. text.Split(' ').Select(word => Convert.ToUInt32(word, 16))];
}
