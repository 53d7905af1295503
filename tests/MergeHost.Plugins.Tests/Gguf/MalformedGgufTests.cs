using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Gguf.GgufBytes;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>Files that break the format's rules, one rule each.</summary>
public sealed class MalformedGgufTests : IDisposable
{
    private const uint Array = 9;
    private const uint Q4_0 = 2;
    private const uint Q4_K = 12;

    private static readonly Case[] _refused =
    [
        new("empty file", [], ErrorCodes.OtherFormat, "an empty file"),
        new("magic alone", "GGUF"u8.ToArray(), ErrorCodes.Truncated, "byte 24", "has 4"),
        new("83 magic FUGG", Good(file => file.Magic = "FUGG"u8.ToArray()), ErrorCodes.OtherFormat, "0x46554747"),
        new("84 before GGUF", Good(file => file.Magic = "tjgg"u8.ToArray()), ErrorCodes.OtherFormat, "before GGUF"),
        new("84 before GGUF, as it is stored", Good(file => file.Magic = "lmgg"u8.ToArray()), ErrorCodes.OtherFormat, "before GGUF"),
        new("84 web page", Encoding.UTF8.GetBytes("<!DOCTYPE html><html>"), ErrorCodes.OtherFormat, "a web page"),
        new("84 Git-LFS pointer", Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1\n"), ErrorCodes.OtherFormat,
            "Git-LFS"),
        new("84 safetensors", [64, 0, 0, 0, 0, 0, 0, 0, .. "{\"x\":{}}"u8], ErrorCodes.OtherFormat, "a safetensors file"),
        new("85 version 0", Good(file => file.Version = 0), ErrorCodes.BadHeader, "version is 0"),
        new("85 version 1", Good(file => file.Version = 1), ErrorCodes.BadHeader, "version is 1"),
        new("85 version 4", Good(file => file.Version = 4), ErrorCodes.BadHeader, "version is 4"),
        new("86 big-endian", Good(file => file.Version = 3u << 24), ErrorCodes.BadHeader, "big-endian"),
        new("87 -1 tensors", Good(file => file.StatedTensors = ulong.MaxValue), ErrorCodes.BadHeader, "18,446,744,073,709,551,615 tensors"),
        new("87 2^40 tensors", Good(file => file.StatedTensors = 1UL << 40), ErrorCodes.BadHeader, "1,099,511,627,776 tensors"),
        new("88 100,000 keys", [.. Good(file => file.StatedKeys = 100_000), .. new byte[2_000_000]], ErrorCodes.BadHeader, "100,000 keys",
            "the most"),
        new("87 300,000 tensors", [.. Good(file => file.StatedTensors = 300_000), .. new byte[8_000_000]], ErrorCodes.BadHeader,
            "300,000 tensors", "the most"),
        new("88 -1 keys", Good(file => file.StatedKeys = ulong.MaxValue), ErrorCodes.BadHeader, "18,446,744,073,709,551,615 keys"),
        new("88 2^40 keys", Good(file => file.StatedKeys = 1UL << 40), ErrorCodes.BadHeader, "1,099,511,627,776 keys"),
        new("89 key length 2^64-1", Empty().Key(Stating(ulong.MaxValue, "k"), 4, U32(1)).ToArray(), ErrorCodes.BadHeader, "a key",
            "65,535"),
        new("89 key past the end", Empty().Key(Stating(60_000, "k"), 4, U32(1)).ToArray(), ErrorCodes.Truncated, "header ends"),
        new("89 key of more than a gibibyte", Empty().Key(Stating((1UL << 30) + 1, "k"), 4, U32(1)).ToArray(), ErrorCodes.BadHeader,
            "a key", "1,073,741,825"),
        new("90 empty key", Empty().Key("", 4, U32(1)).ToArray(), ErrorCodes.BadHeader, "empty"),
        new("91 key twice", Empty().Key("k", 4, U32(1)).Key("k", 4, U32(1)).ToArray(), ErrorCodes.BadHeader, "'k'", "twice"),
        new("93 value type 13", Empty().Key("k", 13, U32(1)).ToArray(), ErrorCodes.BadHeader, "'k'", "type 13"),
        new("93 value type -1", Empty().Key("k", uint.MaxValue, U32(1)).ToArray(), ErrorCodes.BadHeader, "'k'", "type 4294967295"),
        new("94 string of 2^64-1", Empty().Key("k", GgufBytes.String, Stating(ulong.MaxValue, "v")).ToArray(), ErrorCodes.Truncated,
            "header ends"),
        new("95 array count overflows", Empty().Key("k", Array, [.. U32(10), .. U64(1UL << 61)]).ToArray(), ErrorCodes.BadHeader, "'k'",
            "2,305,843,009,213,693,952"),
        new("96 array past the end", Empty().Key("k", Array, [.. U32(4), .. U64(1000)]).ToArray(), ErrorCodes.BadHeader, "'k'",
            "1,000 elements"),
        new("97 2^30 strings", Empty().Key("k", Array, [.. U32(8), .. U64(1 << 30)]).ToArray(), ErrorCodes.BadHeader, "'k'",
            "1,073,741,824"),
        new("98 array of arrays", Empty().Key("k", Array, [.. Nested(20_000)]).ToArray(), ErrorCodes.BadHeader, "'k'", "array of arrays"),
        new("99 alignment 0", Aligned(4, U32(0)), ErrorCodes.BadHeader, "power of two"),
        new("99 alignment 13", Aligned(4, U32(13)), ErrorCodes.BadHeader, "power of two", "13"),
        new("99 alignment 2^31", Aligned(4, U32(1u << 31)), ErrorCodes.BadHeader, "power of two"),
        new("99 alignment 2^30", Aligned(4, U32(1u << 30)), ErrorCodes.Truncated, "'x'"),
        new("99 alignment of type i32", Aligned(5, U32(32)), ErrorCodes.BadHeader, "Int32"),
        new("99 alignment of type string", Aligned(GgufBytes.String, Text("32")), ErrorCodes.BadHeader, "UInt32"),
        new("100 name of 64 bytes", Empty().Tensor(new string('n', 64), F32, 0, 1).ToArray(), ErrorCodes.BadHeader, "64 bytes", "63"),
        new("100 empty name", Empty().Tensor("", F32, 0, 1).ToArray(), ErrorCodes.BadTensor, "empty"),
        new("100 name that climbs", Empty().Tensor("../../x", F32, 0, 1).ToArray(), ErrorCodes.BadTensor, "climbs"),
        new("100 name that is not UTF-8", Empty().Tensor([.. U64(1), 0xFF], F32, 0, 1).ToArray(), ErrorCodes.BadTensor, "UTF-8"),
        new("101 name twice", Empty().Tensor("x", F32, 0, 1).Tensor("x", F32, 32, 1).ToArray(), ErrorCodes.BadTensor, "'x'", "twice"),
        new("102 NUL in a name", Empty().Tensor("x\0a", F32, 0, 1).ToArray(), ErrorCodes.BadTensor, "control"),
        new("103 five extents", Empty().Tensor("x", F32, 0, 1, 1, 1, 1, 1).ToArray(), ErrorCodes.BadTensor, "'x'", "5 extents"),
        new("103 2^32-1 extents", Ranked(uint.MaxValue), ErrorCodes.BadTensor, "'x'", "4294967295 extents"),
        new("104 extent -8", Empty().Tensor("x", F32, 0, unchecked((ulong)-8)).ToArray(), ErrorCodes.BadTensor, "'x'", "-8"),
        new("105 product overflows", Empty().Tensor("x", F32, 0, 1UL << 32, 1UL << 32).ToArray(), ErrorCodes.BadTensor, "'x'", "63 bits"),
        new("105 product wraps to 0", Empty().Tensor("x", F32, 0, 1UL << 32, 1UL << 32, 1).ToArray(), ErrorCodes.BadTensor, "'x'",
            "63 bits"),
        new("106 bytes overflow", Empty().Tensor("x", F32, 0, 1UL << 62).ToArray(), ErrorCodes.BadTensor, "'x'", "bytes", "63 bits"),
        new("106 all bytes overflow", Empty().Tensor("x", F32, 0, 1UL << 60).Tensor("y", F32, 1UL << 62, 1UL << 60).ToArray(),
            ErrorCodes.Truncated, "'x'"),
        new("106 stack of nothing", Model("qwen3moe").Tensor("blk.0.ffn_up_exps.weight", F32, 0, 0, 1, 4096).ToArray(),
            ErrorCodes.BadTensor, "stack", "4096"),
        new("107 type 4", Typed(4), ErrorCodes.BadTensor, "type 4", "removed"),
        new("107 type 31", Typed(31), ErrorCodes.BadTensor, "type 31", "removed"),
        new("107 type 99", Typed(99), ErrorCodes.BadTensor, "type 99", "not of the format"),
        new("107 type 139", Typed(139), ErrorCodes.BadTensor, "type 139", "fork"),
        new("107 type -1", Typed(uint.MaxValue), ErrorCodes.BadTensor, "type 4294967295"),
        new("108 row of 33 as Q4_0", Empty().Tensor("x", Q4_0, 0, 33, 32).ToArray(), ErrorCodes.BadTensor, "33", "32", "Q4_0"),
        new("108 row of 128 as Q4_K", Empty().Tensor("x", Q4_K, 0, 128, 2).ToArray(), ErrorCodes.BadTensor, "128", "256", "Q4_K"),
        new("109 offset not aligned", Empty().Tensor("x", F32, 4, 1).ToArray(), ErrorCodes.BadOffsets, "'x'", "not aligned"),
        new("109 hole", Two(64), ErrorCodes.BadOffsets, "'y'", "hole", "64", "expected 32"),
        new("109 overlap", Two(0), ErrorCodes.BadOffsets, "'y'", "overlaps"),
        new("109 out of order", Empty().Tensor("x", F32, 32, 1).Tensor("y", F32, 0, 1).ToArray(), ErrorCodes.BadOffsets, "'x'", "hole"),
        new("109 offset 2^64-32", Two(unchecked((ulong)-32)), ErrorCodes.BadOffsets, "'y'", "18,446,744,073,709,551,584"),
        new("110 data cut short", Good(file => file.DataBytes = 3), ErrorCodes.Truncated, "'x'"),
        new("110 no data", Good(file => file.DataBytes = 0), ErrorCodes.Truncated, "'x'"),
        new("114 no architecture", new GgufBytes().Tensor("x", F32, 0, 1).ToArray(), ErrorCodes.BadHeader, "'general.architecture'"),
        new("114 architecture is a number", new GgufBytes().Key("general.architecture", 4, U32(1)).ToArray(), ErrorCodes.BadHeader,
            "'general.architecture'", "a string"),
        new("118 adapter", Empty().Key("general.type", "adapter").ToArray(), ErrorCodes.OtherFormat, "an adapter"),
        new("118 adapter with a factor twice",
            Model("llama").Key("general.type", "adapter").Key("adapter.type", "lora").Tensor("blk.0.attn_v.weight.lora_a", F32, 0, 2, 1)
                .Tensor("blk.00.attn_v.weight.lora_a", F32, 32, 2, 1).WithData(64).ToArray(), ErrorCodes.BadTensor,
                    "'blk.00.attn_v.weight.lora_a'", "two tensors"),
        new("118 importance matrix", Empty().Key("general.type", "imatrix").ToArray(), ErrorCodes.OtherFormat, "an importance matrix"),
        new("118 projector", Empty().Key("general.type", "mmproj").ToArray(), ErrorCodes.OtherFormat, "a projector"),
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Refused => [.. _refused.Select(example => example.Name)];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Open_OfABrokenFile_NamesFileAndFault(string name)
    {
        Case example = _refused.Single(example => example.Name == name);
        string path = _folder.Write("model.gguf", example.Content);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().Open(path));
        Problem problem = Assert.Single(exception.Problems);
        Assert.Equal(example.Code, problem.Code);
        Assert.All(example.Words.Prepend(path), word => Assert.Contains(word, problem.Message, StringComparison.Ordinal));
        Assert.InRange(problem.Message.Length, 1, path.Length + 500);
    }

    [Theory]
    [InlineData("92 key is not UTF-8", "not UTF-8")]
    [InlineData("92 bool of 2", "truth value of 2")]
    [InlineData("111 bytes after the end", "968 bytes follow")]
    [InlineData("117 tokens and rows", "2 tokens, the embedding 1 rows")]
    [InlineData("118 vocabulary", "no tensors")]
    public void Open_OfAHarmlessOddity_WarnsOnce(string name, string words)
    {
        byte[] content = name switch
        {
            "92 key is not UTF-8" => GgufBytes.Good().Key([.. U64(1), 0xFF], 4, U32(1)).ToArray(),
            "92 bool of 2" => GgufBytes.Good().Key("b", 7, [2]).ToArray(),
            "117 tokens and rows" =>
                GgufBytes.Good().Key("tokenizer.ggml.tokens", Array, [.. U32(8), .. U64(2), .. Text("a"), .. Text("b")])
                    .Tensor("token_embd.weight", F32, 32, 1, 1).ToArray()
                        .Concat(new byte[32]).ToArray(),
            "111 bytes after the end" => Good(file => file.DataBytes = 1000),
            _ => Vocabulary(),
        };
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Write("model.gguf", content));
        Problem warning = Assert.Single(reader.Warnings);
        Assert.Equal((ErrorCodes.CheckpointOddity, Severity.Warning), (warning.Code, warning.Severity));
        Assert.Contains(words, warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfScalarsEmptyTensorsAndVersionTwo_GivesThem()
    {
        GgufBytes file = Empty().Tensor("scalar", F32, 0).Tensor("empty", F32, 32, 4, 0).Tensor("matrix", F32, 32, 3, 2);
        file.Version = 2;
        file.DataBytes = 56;
        using ICheckpointReader reader = new GgufFormat().Open(_folder.Write("model.gguf", file.ToArray()));
        Assert.Equal([new("scalar", DType.F32, []), new("empty", DType.F32, [0, 4]), new("matrix", DType.F32, [2, 3])], reader.Tensors);
        Assert.Empty(reader.Warnings);
    }

    [Theory]
    [InlineData("113 part is missing", "1 of 2 files are missing", "model-00002-of-00002.gguf")]
    [InlineData("113 part stands at another's place", "number 1", "number 2")]
    [InlineData("113 part is of another model", "should have 3 tensors", "have 2")]
    [InlineData("113 tensor in two parts", "'a'", "earlier file")]
    [InlineData("113 part does not know of the others", "one of 1", "one of 2")]
    public void Open_OfPartsThatDoNotFit_NamesTheFault(string name, params string[] words)
    {
        string first = _folder.Write("model-00001-of-00002.gguf",
            Part("a", 0, name.Contains("another model", StringComparison.Ordinal) ? 3u : 2u));
        byte[]? second = name switch
        {
            "113 part is missing" => null,
            "113 part stands at another's place" => Part("b", 0, 2),
            "113 tensor in two parts" => Part("a", 1, 2),
            "113 part does not know of the others" => GgufBytes.Good().ToArray(),
            _ => Part("b", 1, 2),
        };
        if (second is not null)
        {
            _folder.Write("model-00002-of-00002.gguf", second);
        }

        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().Open(first));
        Assert.Equal(ErrorCodes.BadIndex, exception.Problems[0].Code);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Open_OfAnyPart_GivesTheTensorsOfAll()
    {
        _folder.Write("model-00001-of-00002.gguf", Part("a", 0, 2));
        string second = _folder.Write("model-00002-of-00002.gguf", Part("b", 1, 2));
        using ICheckpointReader reader = new GgufFormat().Open(second);
        Assert.Equal(["a", "b"], reader.Tensors.Select(tensor => tensor.Name));
        Assert.Equal(2, reader.WeightFiles.Count);
    }

    public void Dispose() => _folder.Dispose();

    private static GgufBytes Model(string architecture) => new GgufBytes().Key("general.architecture", architecture);

    private static byte[] Good(Action<GgufBytes> change)
    {
        GgufBytes file = GgufBytes.Good();
        change(file);
        return file.ToArray();
    }

    private static byte[] Aligned(uint type, byte[] value) => GgufBytes.Good().Key("general.alignment", type, value).ToArray();

    private static byte[] Vocabulary()
    {
        GgufBytes file = Empty();
        file.DataBytes = 0;
        return file.ToArray();
    }

    private static byte[] Typed(uint type) => Empty().Tensor("x", type, 0, 256).ToArray();

    private static byte[] Two(ulong secondOffset) => Empty().Tensor("x", F32, 0, 1).Tensor("y", F32, secondOffset, 1).ToArray();

    private static IEnumerable<byte> Nested(int depth) =>
        Enumerable.Repeat<byte[]>([.. U32(Array), .. U64(1)], depth).SelectMany(level => level);

    // The rank stands right after the name.
    private static byte[] Ranked(uint rank)
    {
        byte[] file = Empty().Tensor("x", F32, 0, 1).ToArray();
        int name = file.AsSpan().LastIndexOf("x\u0001\0\0\0"u8);
        U32(rank).CopyTo(file, name + 1);
        return file;
    }

    private static byte[] Part(string tensor, ushort number, uint tensors) => Empty()
        .Key("split.no", 2, BitConverter.GetBytes(number)).Key("split.count", 2, BitConverter.GetBytes((ushort)2))
        .Key("split.tensors.count", 5, U32(tensors))
        .Tensor(tensor, F32, 0, 1).ToArray();

    private sealed record Case(string Name, byte[] Content, ErrorCode Code, params string[] Words);
}
