using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Vocabulary;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Vocabulary;

public sealed class CutRowsAlignmentTests : ModelAlignmentContract<CutRowsAlignment>
{
    private const string Embedding = "model.embed_tokens.weight";

    [Fact]
    public void Rows_PastTheFewestOfAnyModel_AreCutWithAWarning()
    {
        List<Problem> warnings = [];
        AlignedModels aligned = Align([.. Models.Select(model => model.Open())], warnings.Add);
        ICheckpointReader own = Models[1].Open();
        Assert.Equal(Bytes(own)[..Bytes(aligned.Checkpoints[1]).Length], Bytes(aligned.Checkpoints[1]));
        Assert.All(aligned.Checkpoints, model => Assert.Equal(8, Tensor(model).Shape[0]));
        Assert.Equal("rows of 'model1' are cut to the fewest that any model has, 8; rows are not compared by token", Assert.Single(warnings).Message);
    }

    [Fact]
    public void Align_OfModelsWithAsManyRows_ChangesNothing()
    {
        ICheckpointReader[] models = [.. Models.Take(1).Select(model => model.Open())];
        Assert.Same(models[0], Align(models).Checkpoints[0]);
    }

    private static TensorInfo Tensor(ICheckpointReader model) => model.Tensors.Single(tensor => tensor.Name == Embedding);

    private static byte[] Bytes(ICheckpointReader model)
    {
        byte[] bytes = new byte[Tensor(model).LengthBytes];
        model.Read(Tensor(model), 0, bytes);
        return bytes;
    }
}
