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
        const long first = 128 * 1_000_000L;
        Philox philox = new(3, 1, Name);
        ushort[] numbers = Numbers(philox, first, 512);
        uint[] words = new uint[4];
        for (int element = 0; element < numbers.Length; element++)
        {
            long at = first + element;
            (long group, int word, int lane, int half) = (at / 128, (int)(at / 32 % 4), (int)(at / 4 % 8), (int)(at % 4));
            philox.Block((ulong)((16 * group) + lane + (half < 2 ? 0 : 8)), words);
            Assert.Equal((ushort)(words[word] >> (half % 2 == 0 ? 0 : 16)), numbers[element]);
        }
    }

    // The counter's upper word begins to count at element 2³⁵.
    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    [InlineData((1L << 35) - 256)]
    [InlineData((1L << 35) - 128)]
    [InlineData(1L << 40)]
    public void Fill_AtEveryWidth_GivesTheSameNumbers(long firstElement)
    {
        Philox philox = new(7, 2, Name);
        ulong counter = (ulong)firstElement / 8;
        ushort[] expected = new ushort[256];
        philox.FillGroupScalar(counter, ref expected[0]);
        philox.FillGroupScalar(counter + 16, ref expected[128]);
        Assert.Equal(expected, Numbers(philox, firstElement, 256));
        if (Avx2.IsSupported)
        {
            ushort[] numbers = new ushort[128];
            philox.FillGroup256(counter, ref numbers[0]);
            Assert.Equal(expected[..128], numbers);
        }

        if (Avx512F.IsSupported)
        {
            ushort[] numbers = new ushort[256];
            philox.FillTwoGroups512(counter, ref numbers[0]);
            Assert.Equal(expected, numbers);
        }
    }

    [Fact]
    public void Fill_OfAnyRun_IsThatPartOfALongerOne()
    {
        Philox philox = new(1, 0, Name);
        ushort[] all = Numbers(philox, 0, 1024);
        for (int first = 0; first < 1024; first += 128)
        {
            foreach (int count in new[] { 0, 1, 127, 128, 129, 1024 - first })
            {
                int length = Math.Min(count, 1024 - first);
                Assert.Equal(all[first..(first + length)], Numbers(philox, first, length));
            }
        }
    }

    [Fact]
    public void Fill_OfAPartOfAGroup_WritesNoMore()
    {
        ushort[] numbers = new ushort[200];
        new Philox(1, 0, Name).Fill(0, numbers.AsSpan(0, 140));
        Assert.InRange(numbers[..140].Count(number => number == 0), 0, 2);
        Assert.All(numbers[140..], number => Assert.Equal(0, number));
    }

    [Fact]
    public void Fill_FromWithinAGroup_IsRefused() =>
        Assert.Throws<ArgumentException>("firstElement", () => new Philox(1, 0, Name).Fill(64, new ushort[4]));

    [Fact]
    public void Fill_WithAnotherSeedStreamOrName_GivesOtherNumbers()
    {
        ushort[] numbers = Numbers(new Philox(1, 0, Name), 0, 64);
        Assert.Equal(numbers, Numbers(new Philox(1, 0, Name), 0, 64));
        foreach (Philox other in new Philox[] { new(2, 0, Name), new(1L << 40, 0, Name), new(1, 1, Name), new(1, 0, Name + "s") })
        {
            Assert.InRange(numbers.Intersect(Numbers(other, 0, 64)).Count(), 0, 3);
        }
    }

    // A merge of today must be made again tomorrow: these numbers are for life. They come from a few lines of Python.
    [Fact]
    public void Fill_ForATensor_GivesTheNumbersThatItAlwaysGave() =>
        Assert.Equal(
            [37427, 22757, 37424, 32466], Numbers(new Philox(42, 1, Name), 128, 4));

    // The mean of n uniform numbers lies within 5 σ = 5/√(12 n) of ½ but for one case in a million; the rest likewise.
    [Fact]
    public void Fill_OfManyNumbers_HasMeanVarianceAndSharesOfTheUniformDistribution()
    {
        float[] numbers = [.. Numbers(new Philox(1, 0, Name), 0, Many).Select(number => number / 65536f)];
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
        ushort[] numbers = Numbers(new Philox(1, 0, Name), 0, Many);
        foreach (int distance in new[] { 1, 2, 3, 4, 16, 32, 64, 96, 128, 4096 })
        {
            Assert.InRange(Correlation(numbers[distance..], numbers), -0.005, 0.005);
        }

        foreach (Philox other in new Philox[] { new(2, 0, Name), new(1, 1, Name), new(1, 0, "model.layers.1.mlp.up_proj.weight") })
        {
            Assert.InRange(Correlation(numbers, Numbers(other, 0, Many)), -0.005, 0.005);
        }
    }

    private static ushort[] Numbers(Philox philox, long firstElement, int count)
    {
        ushort[] numbers = new ushort[count];
        philox.Fill(firstElement, numbers);
        return numbers;
    }

    // 5 σ for a million pairs is 0.005.
    private static double Correlation(ushort[] a, ushort[] b) =>
        12 * a.Zip(b, (x, y) => ((x / 65536.0) - 0.5) * ((y / 65536.0) - 0.5)).Average();

    private static uint[] Words(string text) => [.. text.Split(' ').Select(word => Convert.ToUInt32(word, 16))];
}
