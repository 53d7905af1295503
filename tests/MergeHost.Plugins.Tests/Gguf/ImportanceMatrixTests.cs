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
        TensorInfo[] tensors = [new("model.layers.0.mlp.up_proj.weight", DType.BF16, [3, 32]), new("model.layers.1.mlp.up_proj.weight", DType.BF16, [3, 32])];
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
        GgufBytes file = new GgufBytes { DataBytes = 128 }.Key("general.type", "imatrix").Tensor("blk.0.ffn_up.weight.in_sum2", GgufBytes.F32, 0, 32);
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes([], "q8_0", Write(file)));
        Assert.Contains("counts", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChooseTypes_ByAModel_SaysWhatIsExpected()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes([], "q8_0", Write(GgufBytes.Good())));
        Assert.Equal(ErrorCodes.OtherFormat, exception.Problems[0].Code);
        Assert.Contains("an importance matrix", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static GgufBytes Matrix(ulong columns) => new GgufBytes { DataBytes = 160 }.Key("general.type", "imatrix")
        .Tensor("blk.0.ffn_up.weight.in_sum2", GgufBytes.F32, 0, columns).Tensor("blk.0.ffn_up.weight.counts", GgufBytes.F32, 4 * columns, 1);

    private string Write(GgufBytes file) => _folder.Write("imatrix.gguf", file.ToArray());
}
