using MergeHost.Plugins.Averaging;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class PassthroughStrategyTests : MergeStrategyContract<PassthroughStrategy>
{
    private static readonly TensorValues _values = Some.Group([9, 9, 9], [1.5f, -0f, float.NaN]);

    [Theory]
    [InlineData(null)]
    [InlineData(1.0)]
    public void Merge_WithoutAScale_IsTheSourceBitForBit(double? scale) =>
        Assert.Equal(Bits(_values.Sources[0]), Bits(Merge(_values, new PassthroughOptions { Scale = scale })));

    [Theory]
    [InlineData(0.5, 0.75f)]
    [InlineData(-2, -3f)]
    [InlineData(0, 0f)]
    public void Merge_WithAScale_MultipliesByIt(double scale, float expected) =>
        Assert.Equal(expected, Merge(_values, new PassthroughOptions { Scale = scale })[0]);

    private static IEnumerable<uint> Bits(float[] values) => values.Select(BitConverter.SingleToUInt32Bits);
}
