using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Vocabulary;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Vocabulary;

public sealed class CutRowsAlignmentTests : ModelAlignmentContract<CutRowsAlignment>
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = "lm_head.weight";

    [Fact]
    public void Rows_PastTheFewestOfAnyModel_AreCutWithAWarning()
    {
        List<Problem> warnings = [];
        AlignedModels aligned = Align([.. Models.Select(model => model.Open())], warnings.Add);
        ICheckpointReader own = Models[1].Open();
        Assert.Equal(Bytes(own)[..Bytes(aligned.Checkpoints[1]).Length], Bytes(aligned.Checkpoints[1]));
        Assert.All(aligned.Checkpoints, model => Assert.Equal(8, Tensor(model).Shape[0]));
        Assert.Equal("rows of 'model1' are cut to the fewest that any model has, 8; rows are not compared by token",
            Assert.Single(warnings).Message);
    }

    [Fact]
    public void Align_OfModelsWithAsManyRows_ChangesNothing()
    {
        ICheckpointReader[] models = [.. Models.Take(1).Select(model => model.Open())];
        Assert.Same(models[0], Align(models).Checkpoints[0]);
    }

    [Fact]
    public void Align_OfAModelWhoseHeadIsItsEmbedding_GivesItAHead_AndSaysNothingOfCuts()
    {
        List<Problem> warnings = [];
        StageModel[] models = [new("apart", TinyCheckpoint.Llama().Open()),
            new("tied", TinyCheckpoint.Llama().Remove("lm_head.weight").Open()) { TiesEmbeddings = true }];
        AlignmentContext context = new(
            models, name => name == Embedding ? TensorRole.Embedding : name == Head ? TensorRole.Head : TensorRole.Other, _ => null,
            _ => throw new NotSupportedException(), warnings.Add);
        AlignedModels aligned = new CutRowsAlignment().Align(context, new CutRowsOptions());
        Assert.Equal(Bytes(aligned.Checkpoints[1]), Bytes(aligned.Checkpoints[1], Head));
        Assert.Equal(["no model has more rows than another"], aligned.Lines);
        Assert.Empty(warnings);
    }

    private static TensorInfo Tensor(ICheckpointReader model, string name = Embedding) =>
        model.Tensors.Single(tensor => tensor.Name == name);

    private static byte[] Bytes(ICheckpointReader model, string name = Embedding)
    {
        TensorInfo tensor = Tensor(model, name);
        byte[] bytes = new byte[tensor.LengthBytes];
        model.Read(tensor, 0, bytes);
        return bytes;
    }
}
