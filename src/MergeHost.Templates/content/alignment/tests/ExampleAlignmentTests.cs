using MergeHost;
using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every alignment must do, and what this one must do besides.</summary>
public sealed class ExampleAlignmentTests : ModelAlignmentContract<ExampleAlignment>
{
    [Fact]
    public void Align_LeavesOutWhatOneModelHasAlone()
    {
        TinyCheckpoint headed = TinyCheckpoint.Llama().Add("score.weight", DType.BF16, [2, 4]);
        Assert.Equal(
            ["'score.weight' is left out, since not every model has it in one shape"],
            Align([TinyCheckpoint.Llama().Open(), headed.Open()]).Lines);
    }
}
