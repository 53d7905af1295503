using System.Runtime.InteropServices;
using System.Text;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Gguf;

public sealed class ImportanceMatrixTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void ChooseTypes_ByAnImportanceMatrix_RoundsThoseThatItTellsOf()
    {
        TensorInfo[] tensors = [new("model.layers.0.mlp.up_proj.weight", DType.BF16, [3, 32]),
            new("model.layers.1.mlp.up_proj.weight", DType.BF16, [3, 32])];
        IReadOnlyList<DType> types = new GgufFormat().ChooseTypes(tensors, "q5_1", Write(Matrix(32)));
        Assert.Equal(["Q5_1", "Q5_1"], types.Select(type => type.Name));
        Assert.Equal([32, 1], types.Select(type => type.Codec!.RunElements));
    }

    [Fact]
    public void ChooseTypes_ByThatOfAnotherModel_NamesTheWeight()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() =>
            new GgufFormat().ChooseTypes([new("model.layers.0.mlp.up_proj.weight", DType.BF16, [3, 64])], "q8_0", Write(Matrix(32))));
        Assert.Equal(ErrorCodes.BadTensor, exception.Problems[0].Code);
        Assert.Contains("'blk.0.ffn_up.weight'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChooseTypes_WithoutCounts_SaysSo()
    {
        GgufBytes file = new GgufBytes { DataBytes = 128 }.Key("general.type", "imatrix")
            .Tensor("blk.0.ffn_up.weight.in_sum2", GgufBytes.F32, 0, 32);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes([], "q8_0", Write(file)));
        Assert.Contains("counts", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChooseTypes_ByAModel_SaysWhatIsExpected()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat()
            .ChooseTypes([], "q8_0", Write(GgufBytes.Good())));
        Assert.Equal(ErrorCodes.OtherFormat, exception.Problems[0].Code);
        Assert.Contains("an importance matrix", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 0.5f)]
    [InlineData(0, 1.5f)]
    [InlineData(-1, 1.5f)]
    public void ChooseTypes_ByAnOldFile_DividesSumsByCalls(int calls, float mean)
    {
        TensorInfo[] tensors = [new("model.layers.0.mlp.up_proj.weight", DType.BF16, [3, 32])];
        float[] sums = [.. Enumerable.Repeat(1.5f, 32)];
        IReadOnlyList<DType> types = new GgufFormat()
            .ChooseTypes(tensors, "q5_1", _folder.Write("imatrix.dat", Old(("blk.0.ffn_up.weight", calls, sums))));
        float[] numbers = RandomBlocks.Numbers(rows: 13, row: 32)[..32];
        byte[] expected = new byte[24];
        GgufType.Weigh(types[0], [.. Enumerable.Repeat(mean, 32)]).Codec!.FromSingle(numbers, expected);
        byte[] found = new byte[24];
        types[0].Codec!.FromSingle(numbers, found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void ChooseTypes_OfExperts_TakesTheColumnsOfEach()
    {
        TensorInfo[] tensors = [.. Enumerable.Range(0, 2)
            .Select(expert => new TensorInfo($"model.layers.0.mlp.experts.{expert}.up_proj.weight", DType.BF16, [4, 32]))];
        float[] sums = [.. Enumerable.Range(0, 64).Select(index => index < 32 ? 1f : index)];
        float[] numbers = RandomBlocks.Numbers(rows: 13, row: 32)[..32];
        byte[][] blocks = [.. new GgufFormat()
            .ChooseTypes(tensors, "q4_0", _folder.Write("imatrix.dat", Old(("blk.0.ffn_up_exps.weight", 1, sums)))).Select(type =>
            {
                byte[] block = new byte[18];
                type.Codec!.FromSingle(numbers, block);
                return block;
            })];
        Assert.NotEqual(blocks[0], blocks[1]);
    }

    [Fact]
    public void ChooseTypes_ByThatOfAnotherArchitecture_NamesBoth()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes(
            [new("model.layers.0.mlp.up_proj.weight", DType.BF16, [3, 32])], "q8_0",
            _folder.Write("imatrix.dat", Old(("blk.0.ssm_in.weight", 1, new float[32])))));
        Assert.Equal(ErrorCodes.TensorMissing, exception.Problems[0].Code);
        Assert.Contains("'blk.0.ssm_in.weight'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "MH2002", "an empty file")]
    [InlineData("web page", "MH2002", "a web page")]
    [InlineData("safetensors", "MH2002", "something else")]
    [InlineData("no weights", "MH2002", "something else")]
    [InlineData("2^32-1 weights", "MH2002", "something else")]
    [InlineData("too many weights", "MH2003", "header ends")]
    [InlineData("name of 2^32-1 bytes", "MH2004", "4,294,967,295 bytes")]
    [InlineData("2^32-1 columns", "MH2005", "4,294,967,295 columns")]
    [InlineData("no columns", "MH2005", "0 columns")]
    [InlineData("cut short", "MH2005", "32 columns, 127 bytes")]
    [InlineData("negative", "MH2005", "from 0 up")]
    [InlineData("NaN", "MH2005", "from 0 up")]
    [InlineData("twice", "MH2005", "twice")]
    [InlineData("bytes after the end", "MH2004", "1 bytes follow")]
    public void ChooseTypes_ByABrokenOldFile_NamesFileAndFault(string fault, string code, string words)
    {
        const string name = "blk.0.ffn_up.weight";
        float[] sums = new float[32];
        byte[] good = Old((name, 1, sums));
        int columns = good.Length - 128 - sizeof(uint);
        byte[] content = fault switch
        {
            "nothing" => [],
            "web page" => "<!DOCTYPE html>"u8.ToArray(),
            "safetensors" => [64, 0, 0, 0, 0, 0, 0, 0, .. "{\"x\":{}}"u8],
            "no weights" => With(good, 0, 0),
            "2^32-1 weights" => With(good, 0, uint.MaxValue),
            "too many weights" => With(good, 0, 2),
            "name of 2^32-1 bytes" => With(good, 4, uint.MaxValue),
            "2^32-1 columns" => With(good, columns, uint.MaxValue),
            "no columns" => With(good, columns, 0),
            "cut short" => good[..^1],
            "negative" => With(good, good.Length - 4, 0xBF80_0000),
            "NaN" => With(good, good.Length - 4, 0x7FC0_0000),
            "twice" => Old((name, 1, sums), (name, 1, sums)),
            _ => [.. good, .. GgufBytes.U32(7), .. GgufBytes.U32(1), .. "ab"u8],
        };
        string path = _folder.Write("imatrix.dat", content);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes([], "q8_0", path));
        Assert.Equal(code, exception.Problems[0].Code.Id);
        Assert.All([path, words], text => Assert.Contains(text, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void ChooseTypes_ByNoFile_SaysSo()
    {
        string path = _folder["missing.dat"];
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes([], "q8_0", path));
        Assert.Equal((ErrorCodes.CheckpointUnreadable, $"{path}: there is no such file"),
            (exception.Problems[0].Code, exception.Problems[0].Message));
    }

    public void Dispose() => _folder.Dispose();

    private static GgufBytes Matrix(ulong columns) => new GgufBytes { DataBytes = 160 }.Key("general.type", "imatrix")
        .Tensor("blk.0.ffn_up.weight.in_sum2", GgufBytes.F32, 0, columns)
        .Tensor("blk.0.ffn_up.weight.counts", GgufBytes.F32, 4 * columns, 1);

    private string Write(GgufBytes file) => _folder.Write("imatrix.gguf", file.ToArray());

    /// <summary>A file as llama-imatrix wrote it before GGUF, without what later versions add at the end.</summary>
    internal static byte[] Old(params (string Name, int Calls, float[] Sums)[] weights) =>
    [
        .. GgufBytes.U32((uint)weights.Length),
        .. weights.SelectMany(weight => (byte[])
        [
            .. GgufBytes.U32((uint)weight.Name.Length), .. Encoding.UTF8.GetBytes(weight.Name), .. BitConverter.GetBytes(weight.Calls),
            .. GgufBytes.U32((uint)weight.Sums.Length), .. MemoryMarshal.AsBytes<float>(weight.Sums),
        ]),
    ];

    private static byte[] With(byte[] content, int at, uint value)
    {
        BitConverter.TryWriteBytes(content.AsSpan(at), value);
        return content;
    }
}
