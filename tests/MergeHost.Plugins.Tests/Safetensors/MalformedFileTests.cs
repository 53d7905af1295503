using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Safetensors;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Safetensors.SafetensorsText;

namespace MergeHost.Plugins.Tests.Safetensors;

/// <summary>Files that break the format's rules, one rule each.</summary>
public sealed class MalformedFileTests : IDisposable
{
    private const string Two = """{"dtype":"F32","shape":[1],"data_offsets":[4,8]}""";

    private static readonly Case[] _refused =
    [
        new("1 empty file", [], ErrorCodes.OtherFormat, "an empty file"),
        new("2 seven bytes", [1, 2, 3, 4, 5, 6, 7], ErrorCodes.Truncated, "header ends at byte 8", "7"),
        new("3 length 0", Stating(0, "{}"), ErrorCodes.BadHeader, "length is 0"),
        new("3 length 0 and nothing else", Stating(0, ""), ErrorCodes.BadHeader, "length is 0"),
        new("4 length beyond the file", Stating(1000, "{}"), ErrorCodes.Truncated, "byte 1,008", "has 10"),
        new("4 nothing but a length", Stating(2, ""), ErrorCodes.Truncated, "byte 10", "has 8"),
        new("5 length beyond the limit", Stating(100_000_001, "{}"), ErrorCodes.BadHeader, "100,000,001", "100,000,000"),
        new("6 length 2^64-1", Stating(ulong.MaxValue, "{}"), ErrorCodes.BadHeader, "18,446,744,073,709,551,615"),
        new("7 length 2^63", Stating(1UL << 63, "{}"), ErrorCodes.BadHeader, "9,223,372,036,854,775,808"),
        new("8 not UTF-8", Whole([.. "{\""u8, 0xFF, .. "\":"u8, .. Encoding.UTF8.GetBytes(One), .. "}"u8], new byte[4]),
            ErrorCodes.BadHeader, "not UTF-8"),
        new("9 byte order mark", Whole($$"""{{"\uFEFF"}}{"x":{{One}}}""", 4), ErrorCodes.BadHeader, "0xEF", "'{'"),
        new("10 UTF-16", Whole(Encoding.Unicode.GetBytes($$"""{"x":{{One}}}"""), new byte[4]), ErrorCodes.BadHeader, "not JSON"),
        new("11 array at the top", Whole("[]", 0), ErrorCodes.BadHeader, "0x5B", "'{'"),
        new("12 trailing comma", Whole($$"""{"x":{{One}},}""", 4), ErrorCodes.BadHeader, "not JSON"),
        new("13 comment", Whole($$"""{/* x */"x":{{One}}}""", 4), ErrorCodes.BadHeader, "not JSON"),
        new("14 text after the end", Whole($$"""{"x":{{One}}}{}""", 4), ErrorCodes.BadHeader, "not JSON"),
        new("15 NUL padding", Whole($$"""{"x":{{One}}}{{"\0\0"}}""", 4), ErrorCodes.BadHeader, "not JSON"),
        new("15 cut off", Whole($$"""{"x":{{One}}""", 4), ErrorCodes.BadHeader, "not JSON"),
        new("16 leading space", Whole($$""" {"x":{{One}}}""", 4), ErrorCodes.BadHeader, "0x20", "'{'"),
        new("17 deep nesting", Whole($$"""{"x":{"deep":{{new string('[', 5000)}}""", 4), ErrorCodes.BadHeader, "depth"),
        new("18 tensor twice, alike", Whole($$"""{"x":{{One}},"x":{{One}}}""", 4), ErrorCodes.BadTensor, "'x'", "twice"),
        new("19 tensor twice, unlike", Whole($$"""{"x":{{One}},"x":{{Two}}}""", 8), ErrorCodes.BadTensor, "'x'", "twice"),
        new("20 metadata twice", Whole("""{"__metadata__":{},"__metadata__":{}}""", 0), ErrorCodes.BadHeader, "'__metadata__'", "twice"),
        new("21 metadata of numbers", Whole("""{"__metadata__":{"step":7}}""", 0), ErrorCodes.BadHeader, "'step'", "7", "string"),
        new("21 metadata is a list", Whole("""{"__metadata__":[]}""", 0), ErrorCodes.BadHeader, "'__metadata__'", "an array"),
        new("22 a piece of a tensor",
            Whole($$$"""{"__metadata__":{"DCP_SHARDING_INFO":"{\"x\":{\"saved_offsets\":[0,4]}}"},"x":{{{One}}}}""", 4),
            ErrorCodes.BadTensor, "'x'", "a piece of it, at [0,4]"),
        new("22 pieces in other words", Whole($$"""{"__metadata__":{"DCP_SHARDING_INFO":"[]"},"x":{{One}}}""", 4), ErrorCodes.BadHeader,
            "'DCP_SHARDING_INFO'"),
        new("23 unknown dtype", Tensor("\"F128\"", "[1]", "[0,16]", 16), ErrorCodes.BadTensor, "'x'", "'F128'"),
        new("24 dtype in lower case", Tensor("\"bf16\"", "[1]", "[0,2]", 2), ErrorCodes.BadTensor, "'x'", "'bf16'"),
        new("25 dtype is a number", Tensor("7", "[1]", "[0,4]", 4), ErrorCodes.BadTensor, "'x'", "dtype is 7"),
        new("26 no dtype", Whole("""{"x":{"shape":[1],"data_offsets":[0,4]}}""", 4), ErrorCodes.BadTensor, "'x'", "no dtype"),
        new("26 no shape", Whole("""{"x":{"dtype":"F32","data_offsets":[0,4]}}""", 4), ErrorCodes.BadTensor, "'x'", "no shape"),
        new("26 no offsets", Whole("""{"x":{"dtype":"F32","shape":[1]}}""", 4), ErrorCodes.BadTensor, "'x'", "no data_offsets"),
        new("26 no record", Whole("""{"x":null}""", 0), ErrorCodes.BadTensor, "'x'", "null", "object"),
        new("26 field twice", Whole("""{"x":{"dtype":"F32","dtype":"F32"}}""", 4), ErrorCodes.BadTensor, "'x'", "'dtype'", "twice"),
        new("28 negative extent", Tensor("\"F32\"", "[-2]", "[0,8]", 8), ErrorCodes.BadTensor, "'x'", "-2"),
        new("29 extent with a fraction", Tensor("\"F32\"", "[2.0]", "[0,8]", 8), ErrorCodes.BadTensor, "'x'", "2.0"),
        new("30 extent is a string", Tensor("\"F32\"", "[\"2\"]", "[0,8]", 8), ErrorCodes.BadTensor, "'x'", "a string"),
        new("31 2^32 x 2^32", Tensor("\"U8\"", "[4294967296,4294967296]", "[0,0]", 0), ErrorCodes.BadTensor, "'x'", "63 bits"),
        new("32 2^61 F64", Tensor("\"F64\"", "[2305843009213693952]", "[0,0]", 0), ErrorCodes.BadTensor, "'x'", "F64", "63 bits"),
        new("33 extent beyond 2^64", Tensor("\"U8\"", "[18446744073709551617]", "[0,1]", 1), ErrorCodes.BadTensor, "'x'",
            "18446744073709551617"),
        new("34 product that wraps to 0", Tensor("\"U8\"", "[4294967296,4294967296,1]", "[0,0]", 0), ErrorCodes.BadTensor, "'x'",
            "63 bits"),
        new("35 10,000 extents", Tensor("\"U8\"", $"[{string.Join(',', Enumerable.Repeat(1, 10_000))}]", "[0,1]", 1), ErrorCodes.BadTensor,
            "'x'", "64"),
        new("36 size too small", Tensor("\"F32\"", "[2,2]", "[0,8]", 8), ErrorCodes.BadTensor, "'x'", "F32 [2, 2]", "16", "8"),
        new("37 size too large", Tensor("\"F32\"", "[2,2]", "[0,32]", 32), ErrorCodes.BadTensor, "'x'", "F32 [2, 2]", "16", "32"),
        new("38 offsets reversed", Tensor("\"F32\"", "[1]", "[4,0]", 4), ErrorCodes.BadTensor, "'x'", "[4, 0]", "reversed"),
        new("39 negative offset", Tensor("\"F32\"", "[1]", "[-4,0]", 4), ErrorCodes.BadTensor, "'x'", "-4"),
        new("40 three offsets", Tensor("\"F32\"", "[1]", "[0,4,8]", 8), ErrorCodes.BadTensor, "'x'", "more than 2"),
        new("40 one offset", Tensor("\"F32\"", "[1]", "[4]", 4), ErrorCodes.BadTensor, "'x'", "fewer than 2"),
        new("41 past the end of the file", Tensor("\"F32\"", "[4]", "[0,16]", 8), ErrorCodes.Truncated, "'x'", "byte 80", "has 72"),
        new("41 past the end of the numbers", Tensor("\"U8\"", "[9223372036854775807]", "[0,9223372036854775807]", 8), ErrorCodes.Truncated,
            "'x'"),
        new("42 first is not at 0", Tensor("\"F32\"", "[1]", "[4,8]", 8), ErrorCodes.BadOffsets, "'x'", "hole", "byte 4", "at 0"),
        new("43 hole", Whole($$"""{"x":{{One}},"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]} }""", 12), ErrorCodes.BadOffsets,
            "'y'", "hole", "'x' ends at 4"),
        new("44 overlap", Whole($$"""{"x":{{One}},"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]} }""", 6), ErrorCodes.BadOffsets,
            "'y'", "overlaps", "'x' ends at 4"),
        new("45 alias", Whole($$"""{"x":{{One}},"y":{{One}}}""", 4), ErrorCodes.BadOffsets, "'y'", "overlaps"),
        new("46 one byte too many", Whole($$"""{"x":{{One}}}""", 5), ErrorCodes.BadOffsets, "'x'", "1 bytes follow"),
        new("46 data without tensors", Whole("{}", 5), ErrorCodes.BadOffsets, "no tensor", "5 bytes follow"),
        new("47 one byte too few", Whole($$"""{"x":{{One}}}""", 3), ErrorCodes.Truncated, "'x'"),
        new("48 zip appended", [.. Named("x"), .. "PK\x05\x06"u8, .. new byte[18]], ErrorCodes.BadOffsets, "'x'", "22 bytes follow"),
        new("49 odd F4", Tensor("\"F4\"", "[3]", "[0,2]", 2), ErrorCodes.BadTensor, "'x'", "3 elements of F4", "whole bytes"),
        new("49 odd F6", Tensor("\"F6_E2M3\"", "[6]", "[0,5]", 5), ErrorCodes.BadTensor, "'x'", "6 elements of F6_E2M3", "whole bytes"),
        new("52 empty name", Named(""), ErrorCodes.BadTensor, "name is empty"),
        new("53 name that climbs", Named("../../x"), ErrorCodes.BadTensor, "'../../x'", "climbs"),
        new("53 name that climbs, with backslashes", Named("""a\\..\\x"""), ErrorCodes.BadTensor, "climbs"),
        new("54 NUL in a name", Named("""x\u0000y"""), ErrorCodes.BadTensor, """'x\u0000y'""", "control character"),
        new("55 name of 1 MB", Named(new string('n', 1 << 20)), ErrorCodes.BadTensor, "nnn…'", "1024"),
        new("56 half a surrogate pair", Named("""\ud800"""), ErrorCodes.BadHeader, "surrogate"),
        new("57 escape sequence in a name", Named("""\u001b[2J"""), ErrorCodes.BadTensor, """'\u001b[2J'""", "control character"),
        new("58 pickle", [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20], ErrorCodes.OtherFormat, "a pickle"),
        new("59 torch.save", [.. "PK\x03\x04"u8, .. new byte[60]], ErrorCodes.OtherFormat, "zip"),
        new("60 GGUF", [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[60]], ErrorCodes.OtherFormat, "GGUF"),
        new("61 web page", Encoding.UTF8.GetBytes("\n<!doctype html><html><head>"), ErrorCodes.OtherFormat, "web page"),
        new("61 web page without doctype", Encoding.UTF8.GetBytes("<HTML lang=\"en\"><head>"), ErrorCodes.OtherFormat, "web page"),
        new("61 XML", Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?><Error><Code>AccessDenied"), ErrorCodes.OtherFormat, "XML"),
        new("62 Git-LFS pointer", Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 4976698672\n"),
            ErrorCodes.OtherFormat, "Git-LFS"),
        new("62 gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2], ErrorCodes.OtherFormat, "gzip"),
        new("62 NumPy", [0x93, .. "NUMPY"u8, 1, 0, 0x76, 0], ErrorCodes.OtherFormat, "NumPy"),
        new("62 JSON", Encoding.UTF8.GetBytes("""{"metadata": {"total_size": 4}, "weight_map": {}}"""), ErrorCodes.OtherFormat, "JSON"),
        new("62 text", Encoding.UTF8.GetBytes("Entry not found"), ErrorCodes.OtherFormat, "text file"),
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Refused => [.. _refused.Select(example => example.Name)];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Open_OfAFileThatBreaksARule_SaysWhich(string name)
    {
        Case example = _refused.Single(candidate => candidate.Name == name);
        string path = _folder.Write("model.safetensors", example.Content);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new SafetensorsFormat().Open(path));
        Assert.Equal(example.Code, exception.Code);
        Problem problem = Assert.Single(exception.Problems);
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
        Assert.All(example.Words, word => Assert.Contains(word, problem.Message, StringComparison.Ordinal));
        Assert.DoesNotContain(problem.Message, char.IsControl);
        Assert.InRange(problem.Message.Length, 1, path.Length + 500);
    }

    [Theory]
    [InlineData("62 Git-LFS pointer", "git lfs pull")]
    [InlineData("60 GGUF", ".gguf")]
    [InlineData("24 dtype in lower case", "'BF16'")]
    [InlineData("41 past the end of the file", "Download")]
    public void Open_WhenThereIsAWayOut_HintsAtIt(string name, string way)
    {
        string path = _folder.Write("model.safetensors", _refused.Single(example => example.Name == name).Content);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new SafetensorsFormat().Open(path));
        Assert.Contains(way, exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"__metadata__":null,"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "'__metadata__' is null")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "'k' stands twice")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"crc":[1,{"a":2}],"crc2":3}}""",
        "2 unknown fields, the first is 'crc' of tensor 'x'")]
    public void Open_OfAHarmlessOddity_WarnsOnce(string header, string words)
    {
        string path = _folder.Write("model.safetensors", Whole(header, 4));
        using ICheckpointReader reader = new SafetensorsFormat().Open(path);
        Problem warning = Assert.Single(reader.Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Equal($"{path}: {words}", warning.Message.Replace("; expected an object", "").Replace(" in '__metadata__'", ""));
        Assert.Equal([new TensorInfo("x", DType.F32, [1])], reader.Tensors);
    }

    [Fact]
    public void Open_OfEveryType_TellsItsBytes()
    {
        List<string> records = [];
        int position = 0;
        foreach (DType type in DType.All)
        {
            int end = position + (2 * type.BlockBytes);
            records.Add($$"""
                "{{type}}":{"dtype":"{{type}}","shape":[{{2 * type.BlockElements}}],"data_offsets":[{{position}},{{end}}]}
                """);
            position = end;
        }

        using ICheckpointReader reader = Open(Whole($"{{{string.Join(',', records)}}}", position));
        Assert.Equal(22, reader.Tensors.Count);
        Assert.Equal(DType.All, reader.Tensors.Select(tensor => tensor.DType));
    }

    // The header is checked, never the data: BOOL may hold 2, numbers may all be NaN, and F64 may begin anywhere.
    [Fact]
    public void Open_OfOddData_GivesItAsItIs()
    {
        byte[] data = [2, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0xFF, 0xFF, 0xFF];
        string header = """
            {"bool":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]},"f64":{"dtype":"F64","shape":[],"data_offsets":[2,10]},
            "nan":{"dtype":"F32","shape":[1,1],"data_offsets":[10,14]}}
            """;
        using ICheckpointReader reader = Open(Whole(Encoding.UTF8.GetBytes(header), data));
        byte[] found = [.. reader.Tensors.SelectMany(tensor => Read(reader, tensor))];
        Assert.Equal(data, found);
        Assert.Empty(reader.Warnings);
    }

    [Fact]
    public void Open_OfScalarsAndTensorsWithoutElements_GivesThemInTheOrderOfTheirBytes()
    {
        string header = """
            {"last":{"dtype":"F32","shape":[7,0],"data_offsets":[8,8]},"second":{"dtype":"F32","shape":[],"data_offsets":[4,8]},
            "first":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"zeroth":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}}
            """;
        using ICheckpointReader reader = Open(Whole(header, 8));
        Assert.Equal(["zeroth", "first", "second", "last"], reader.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([0, 1, 1, 0], reader.Tensors.Select(tensor => tensor.ElementCount));
        Assert.Empty(Read(reader, reader.Tensors[3]));
    }

    [Fact]
    public void Open_OfAHundredThousandTensors_GivesThemAll()
    {
        const int count = 100_000;
        IEnumerable<string> records = Enumerable.Range(0, count).Select(i =>
            $$"""
            "model.layers.{{i}}.weight":{"dtype":"BF16","shape":[1,1],"data_offsets":[{{2 * i}},{{2 * (i + 1)}}]}
            """);
        using ICheckpointReader reader = Open(Whole($"{{{string.Join(',', records)}}}", 2 * count));
        Assert.Equal(count, reader.Tensors.Count);
        Assert.Equal("model.layers.99999.weight", reader.Tensors[^1].Name);
    }

    [Fact]
    public void Open_OfNoTensors_GivesNone()
    {
        using ICheckpointReader reader = Open(Whole("{}      ", 0));
        Assert.Empty(reader.Tensors);
    }

    [Fact]
    public void Read_OfARunOutsideOfTheTensor_IsTheCallersFault()
    {
        using ICheckpointReader reader = Open(Tensor("\"F4\"", "[4]", "[0,2]", 2));
        TensorInfo tensor = reader.Tensors[0];
        Assert.Throws<ArgumentException>(() => reader.Read(tensor, 1, new byte[1]));
        Assert.Throws<ArgumentException>(() => reader.Read(tensor, 2, new byte[2]));
        Assert.Throws<ArgumentException>(() => reader.Read(tensor, -2, new byte[1]));
        Assert.Throws<ArgumentException>(() => reader.Read(tensor with { Name = "other" }, 0, new byte[1]));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Read(ICheckpointReader reader, TensorInfo tensor)
    {
        byte[] content = new byte[tensor.LengthBytes];
        reader.Read(tensor, 0, content);
        return content;
    }

    private ICheckpointReader Open(byte[] content) => new SafetensorsFormat().Open(_folder.Write("model.safetensors", content));

    private sealed record Case(string Name, byte[] Content, ErrorCode Code, params string[] Words);
}
