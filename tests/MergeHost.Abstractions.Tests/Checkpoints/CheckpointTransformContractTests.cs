using Acme;
using MergeHost.Checkpoints;
using MergeHost.Testing;

namespace MergeHost.Tests.Checkpoints;

/// <summary>The contract of transforms, for the sample that third parties are shown.</summary>
public sealed class CheckpointTransformContractTests : CheckpointTransformContract<RenameTransform>
{
    protected override object Options => new RenameOptions { From = "model.", To = "transformer." };

    [Fact]
    public void Apply_OfTheSample_RenamesWhatBeginsWithTheOldName()
    {
        using ICheckpointReader result = Apply(Checkpoint.Open());
        Assert.Equal(["transformer.embed_tokens.weight", "lm_head.weight"], [result.Tensors[0].Name, result.Tensors[^1].Name]);
    }
}
