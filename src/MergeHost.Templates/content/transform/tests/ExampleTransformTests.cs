using MergeHost.Checkpoints;
using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every transform must do, and what this one must do besides.</summary>
public sealed class ExampleTransformTests : CheckpointTransformContract<ExampleTransform>
{
    [Fact]
    public void Apply_RenamesWhatBeginsWithTheOldName()
    {
        using ICheckpointReader result = Apply(Checkpoint.Open());
        Assert.Equal(["net.embed_tokens.weight", "lm_head.weight"], [result.Tensors[0].Name, result.Tensors[^1].Name]);
    }
}
