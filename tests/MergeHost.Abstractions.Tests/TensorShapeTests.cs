namespace MergeHost.Tests;

public sealed class TensorShapeTests
{
    public static TheoryData<string, long, long[]> Shapes => new()
    {
        { "[]", 1, [] },
        { "[7]", 7, [7] },
        { "[14336, 4096]", 58_720_256, [14336, 4096] },
        { "[0]", 0, [0] },
        { "[3, 0, 5]", 0, [3, 0, 5] },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Create_OfExtents_CountsElementsAndPrintsThem(string text, long elements, long[] extents)
    {
        TensorShape shape = TensorShape.Create(extents);
        Assert.Equal(elements, shape.ElementCount);
        Assert.Equal(extents.Length, shape.Rank);
        Assert.Equal(extents, shape);
        Assert.Equal(text, shape.ToString());
        Assert.Equal(extents, Enumerable.Range(0, shape.Rank).Select(i => shape[i]));
    }

    [Fact]
    public void Equals_OfShapes_GoesByExtentsInTheirOrder()
    {
        TensorShape shape = [2, 3];
        Assert.True(shape == [2, 3]);
        Assert.Equal(shape.GetHashCode(), TensorShape.Create([2, 3]).GetHashCode());
        Assert.True(shape != [3, 2]);
        Assert.False(shape == [2, 3, 1]);
        Assert.False(shape == [6]);
        Assert.False(shape.Equals(null));
        Assert.False(shape.Equals("[2, 3]"));
    }

    [Fact]
    public void Default_IsTheShapeOfAScalar()
    {
        TensorShape shape = default;
        Assert.True(shape == []);
        Assert.Equal(TensorShape.Create([]).GetHashCode(), shape.GetHashCode());
        Assert.Equal((0, 1L, "[]"), (shape.Rank, shape.ElementCount, shape.ToString()));
        Assert.Empty(shape);
    }

    [Fact]
    public void Create_WhenTheExtentsAreChangedAfterwards_StaysAsItWas()
    {
        long[] extents = [2, 3];
        TensorShape shape = TensorShape.Create(extents);
        extents[0] = 9;
        Assert.Equal("[2, 3]", shape.ToString());
    }

    [Fact]
    public void Create_OfANegativeExtent_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>("extents", () => TensorShape.Create([2, -1]));

    // An extent of zero does not hide that the others are beyond measure.
    [Fact]
    public void Create_BeyondSixtyThreeBits_Overflows()
    {
        Assert.Equal(1L << 62, TensorShape.Create([1L << 31, 1L << 31]).ElementCount);
        Assert.Throws<OverflowException>(() => TensorShape.Create([1L << 32, 1L << 31]));
        Assert.Throws<OverflowException>(() => TensorShape.Create([0, 1L << 32, 1L << 31]));
    }

    [Fact]
    public void TensorInfo_OfAShape_TellsElementsAndBytes()
    {
        TensorInfo tensor = new("w", DType.BF16, [3, 5]);
        Assert.Equal((15L, 30L), (tensor.ElementCount, tensor.LengthBytes));
    }
}
