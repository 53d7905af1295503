using System.Text.Json.Nodes;
using MergeHost.Plugins.Gguf;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Quantised types, against gguf-py and ggml.</summary>
public sealed class BlockTests
{
    private static readonly JsonNode _golden =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "gguf", "blocks.json")))!;

    public static TheoryData<string> Decoded => [.. _golden["decoded"]!.AsObject().Select(entry => entry.Key)];

    public static TheoryData<string> Encoded =>
        [.. _golden["encoded"]!.AsObject().Select(entry => entry.Key).Where(name => TypeOf(name).Codec is { CanEncode: true })];

    public static TheoryData<string> Weighted => [.. _golden["weighted"]!.AsObject().Select(entry => entry.Key)];

    [Theory]
    [MemberData(nameof(Decoded))]
    public void ToSingle_OfRandomBlocks_GivesTheBitsOfGgufPy(string name)
    {
        DType type = TypeOf(name);
        int count = (int)_golden["blocks"]!;
        byte[] blocks = RandomBlocks.Of(type, count);
        JsonNode expected = _golden["decoded"]![name]!;
        Assert.Equal((string)expected["input"]!, RandomBlocks.Digest<byte>(blocks));
        float[] numbers = new float[count * type.BlockElements];
        type.Codec!.ToSingle(blocks, numbers);
        Assert.Equal(expected["first"]!.AsArray().Select(number => (float)number!), numbers[..4]);
        Assert.Equal((string)expected["output"]!, RandomBlocks.Digest<float>(numbers));
    }

    [Theory]
    [MemberData(nameof(Encoded))]
    public void FromSingle_OfRandomNumbers_GivesTheBytesOfGgml(string name)
    {
        DType type = TypeOf(name);
        float[] numbers = RandomBlocks.Numbers((int)_golden["rows"]!, (int)_golden["row"]!);
        JsonNode expected = _golden["encoded"]![name]!;
        Assert.Equal((string)expected["input"]!, RandomBlocks.Digest<float>(numbers));
        byte[] blocks = new byte[type.LengthBytes(numbers.Length)];
        type.Codec!.FromSingle(numbers, blocks);
        Assert.Equal((string)expected["first"]!, Convert.ToHexStringLower(blocks.AsSpan(0, 16)));
        Assert.Equal((string)expected["output"]!, RandomBlocks.Digest<byte>(blocks));
    }

    [Theory]
    [MemberData(nameof(Weighted))]
    public void FromSingle_ByAnImportanceMatrix_GivesTheBytesOfGgml(string name)
    {
        int row = (int)_golden["row"]!;
        float[] numbers = RandomBlocks.Numbers((int)_golden["rows"]!, row);
        float[] importance = RandomBlocks.Importance(row);
        JsonNode expected = _golden["weighted"]![name]!;
        Assert.Equal((string)expected["input"]!, RandomBlocks.Digest<float>(importance));
        DType type = GgufType.Weigh(TypeOf(name), importance);
        byte[] blocks = new byte[type.LengthBytes(numbers.Length)];

        // In runs, as the host gives them: each must know which columns it has.
        int run = type.Codec!.RunElements == 1 ? 3 * 256 : type.Codec.RunElements;
        for (int first = 0; first < numbers.Length; first += run)
        {
            int count = Math.Min(run, numbers.Length - first);
            type.Codec.FromSingle(numbers.AsSpan(first, count), blocks.AsSpan((int)type.LengthBytes(first), (int)type.LengthBytes(count)),
                first);
        }

        Assert.Equal((string)expected["first"]!, Convert.ToHexStringLower(blocks.AsSpan(0, 16)));
        Assert.Equal((string)expected["output"]!, RandomBlocks.Digest<byte>(blocks));
    }

    [Theory]
    [MemberData(nameof(Decoded))]
    public void CountNonFinite_OfRandomScales_IsThatOfTheNumbers(string name)
    {
        DType type = TypeOf(name);
        byte[] blocks = RandomBlocks.OfAnyScale(type, 2048);
        float[] numbers = new float[2048 * type.BlockElements];
        type.Codec!.ToSingle(blocks, numbers);
        int expected = name == "MXFP4"
            ? blocks.Where((scale, at) => at % type.BlockBytes == 0 && scale == 0xFF).Count() * type.BlockElements
            : numbers.Count(number => !float.IsFinite(number));
        Assert.Equal(name == "NVFP4", expected == 0);
        Assert.Equal(expected, type.Codec.CountNonFinite(blocks));
    }

    [Fact]
    public void ToSingle_OfHalfABlock_IsRefused() =>
        Assert.Throws<ArgumentException>(() => TypeOf("Q8_0").Codec!.ToSingle(new byte[17], new float[16]));

    private static DType TypeOf(string name) => GgufType.All.Single(type => type.Name == name);
}
