namespace MergeHost.Tests;

public sealed class DTypeTests
{
    [Theory]
    [InlineData("F64", 8, 1, DTypeKind.Float)]
    [InlineData("F32", 4, 1, DTypeKind.Float)]
    [InlineData("F16", 2, 1, DTypeKind.Float)]
    [InlineData("BF16", 2, 1, DTypeKind.Float)]
    [InlineData("F8_E4M3", 1, 1, DTypeKind.Float)]
    [InlineData("F8_E5M2", 1, 1, DTypeKind.Float)]
    [InlineData("F8_E8M0", 1, 1, DTypeKind.Float)]
    [InlineData("F8_E4M3FNUZ", 1, 1, DTypeKind.Float)]
    [InlineData("F8_E5M2FNUZ", 1, 1, DTypeKind.Float)]
    [InlineData("F6_E2M3", 3, 4, DTypeKind.Float)]
    [InlineData("F6_E3M2", 3, 4, DTypeKind.Float)]
    [InlineData("F4", 1, 2, DTypeKind.Float)]
    [InlineData("C64", 8, 1, DTypeKind.Complex)]
    [InlineData("I64", 8, 1, DTypeKind.Integer)]
    [InlineData("I32", 4, 1, DTypeKind.Integer)]
    [InlineData("I16", 2, 1, DTypeKind.Integer)]
    [InlineData("I8", 1, 1, DTypeKind.Integer)]
    [InlineData("U64", 8, 1, DTypeKind.Integer)]
    [InlineData("U32", 4, 1, DTypeKind.Integer)]
    [InlineData("U16", 2, 1, DTypeKind.Integer)]
    [InlineData("U8", 1, 1, DTypeKind.Integer)]
    [InlineData("BOOL", 1, 1, DTypeKind.Boolean)]
    public void Find_OfAToken_GivesTheTypeWithItsBlock(string token, int blockBytes, int blockElements, DTypeKind kind)
    {
        DType type = DType.Find(token)!;
        Assert.Equal(new DType(token, kind, blockBytes, blockElements), type);
        Assert.Equal(token, type.ToString());
        Assert.Equal(12L / blockElements * blockBytes, type.LengthBytes(12));
    }

    [Fact]
    public void All_HoldsEachTypeOnce()
    {
        Assert.Equal(22, DType.All.Count);
        Assert.Equal(22, DType.All.Select(type => type.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("bf16")]
    [InlineData("bfloat16")]
    [InlineData("")]
    [InlineData("Q4_K")]
    public void Find_OfAnotherToken_GivesNothing(string token) => Assert.Null(DType.Find(token));

    [Theory]
    [InlineData("F4", 3)]
    [InlineData("F6_E2M3", 6)]
    [InlineData("F32", -1)]
    [InlineData("F4", -2)]
    public void LengthBytes_OfNoWholeBlocks_NamesTypeAndElements(string token, long elements)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            nameof(elements), () => DType.Find(token)!.LengthBytes(elements));
        Assert.Contains($"{elements} elements", exception.Message, StringComparison.Ordinal);
        Assert.Contains(token, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LengthBytes_BeyondSixtyThreeBits_Overflows()
    {
        Assert.Equal(long.MaxValue - 7, DType.F64.LengthBytes(long.MaxValue / 8));
        Assert.Throws<OverflowException>(() => DType.F64.LengthBytes((long.MaxValue / 8) + 1));
    }

    [Fact]
    public void Equals_OfAFormatsOwnType_GoesByItsProperties()
    {
        DType type = new("Q4_0", DTypeKind.Quantized, 18, 32);
        Assert.Equal(type, new DType("Q4_0", DTypeKind.Quantized, 18, 32));
        Assert.NotEqual(type, new DType("Q4_0", DTypeKind.Quantized, 20, 32));
        Assert.Equal(36, type.LengthBytes(64));
    }
}
