using MergeHost.Kernels.Vectors;

namespace MergeHost.Kernels.Tests.Vectors;

public sealed class BFloat16Tests
{
    [Fact]
    public void ToSingle_OfEveryPattern_IsItsUpperHalf() =>
        Assert.All(
            Enumerable.Range(0, 1 << 16),
            bits => Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(BFloat16.ToSingle((ushort)bits))));

    [Fact]
    public void FromSingle_BetweenAnyTwoNeighbours_TakesTheNearerAndOfEqualOnesTheEven() =>
        Assert.All(BFloat16Oracle.Between(), value => Assert.Equal(BFloat16Oracle.Round(value), BFloat16.FromSingle(value)));

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-2f, 0xC000)]
    [InlineData(1.00390625f, 0x3F80)] // the middle between 1 and the next: to the even one
    [InlineData(1.01171875f, 0x3F82)] // the middle between the next two: to the even one
    [InlineData(float.MaxValue, 0x7F80)]
    [InlineData(-float.MaxValue, 0xFF80)]
    [InlineData(float.Epsilon, 0x0000)]
    [InlineData(-float.Epsilon, 0x8000)]
    [InlineData(float.NaN, 0xFFC0)]
    public void FromSingle_OfKnownNumbers_GivesKnownBits(float value, int bits) => Assert.Equal(bits, BFloat16.FromSingle(value));

    // 0x7F800001 cut to its upper half would be an infinity.
    [Fact]
    public void FromSingle_OfANaNWithALowPayload_StaysNaN() => Assert.Equal(0x7FC0, BFloat16.FromSingle(Floats.Of(0x7F80_0001)));

    [Fact]
    public void RunsOfAnyLength_HaveTheBitsOfSingleNumbers()
    {
        float[] values = [.. BFloat16Oracle.Between().Where((_, i) => i % 97 == 0), float.NaN, float.PositiveInfinity, -0f];
        for (int length = values.Length; length > values.Length - 40; length--)
        {
            ushort[] bits = new ushort[length];
            BFloat16.FromSingle(values.AsSpan(0, length), bits);
            Assert.Equal(values.Take(length).Select(BFloat16.FromSingle), bits);
            float[] wide = new float[length];
            BFloat16.ToSingle(bits, wide);
            Assert.Equal(bits.Select(BFloat16.ToSingle), wide);
        }
    }
}
