using MergeHost;
using MergeHost.Checkpoints;
using MergeHost.Runtimes;
using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every runtime must do, and what this one must do besides.</summary>
public sealed class ExampleRuntimeTests : ModelRuntimeContract<ExampleRuntime>
{
    private static readonly float[] _logits = [.. Enumerable.Range(0, 128).Select(id => id == 'e' ? 1f : 0f)];

    protected override ICheckpointReader Open() => new TinyCheckpoint().Add("letters.weight", DType.BF16, [128], _logits).Open();

    [Fact]
    public void Score_OfALetter_IsItsLogSoftmax()
    {
        using ILanguageModel model = Load();
        IReadOnlyList<TokenScore> scores = model.Score([new ScoredPrompt(model.Encode("T", begins: true), [model.Encode("he", begins: false)])], default)[0][0];
        Assert.Equal(-Math.Log(127 + Math.E), scores[0].LogLikelihood, 12);
        Assert.Equal(1 - Math.Log(127 + Math.E), scores[1].LogLikelihood, 12);
    }
}
