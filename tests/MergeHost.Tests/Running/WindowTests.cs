using MergeHost.Reports;
using MergeHost.Testing;

namespace MergeHost.Tests.Running;

public sealed class WindowTests : IDisposable
{
    private readonly MergeBed _bed = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public void Merge_OfAWindow_HasTheBitsOfItsModelsWithTheirWeights()
    {
        double[] weights = [0.5, Math.Sqrt(0.5) - 0.5, Math.Sqrt(0.75) - Math.Sqrt(0.5), 1 - Math.Sqrt(0.75)];
        for (int step = 1; step <= 4; step++)
        {
            TinyCheckpoint.Llama(seed: step).Write(_bed[$"step-{step}"]);
        }

        MergeManifest window = _bed.Merge("merge_method: linear\nwindow: {from: step-*, schedule: minus_sqrt}\ndtype: float32\n", "window");
        MergeManifest listed = _bed.Merge($"""
            merge_method: linear
            models: [{string.Join(", ", weights.Select((weight, i) => $"{{model: step-{i + 1}, parameters: {{weight: {weight:R}}}}}"))}]
            dtype: float32
            """, "listed");
        Assert.Equal(MergeBed.Digests(listed), MergeBed.Digests(window));
        Assert.Equal(["step-1", "step-2", "step-3", "step-4"], window.Stages[0].Window!.Select(model => model.Name));
    }

    [Fact]
    public void Merge_OfAHundredCheckpoints_IsTheirMean()
    {
        const int count = 100;
        for (int step = 1; step <= count; step++)
        {
            new TinyCheckpoint().Add("w.weight", DType.F32, [2, 3], Enumerable.Range(0, 6).Select(i => (float)(step * (i + 1))).ToArray())
                .Write(_bed[$"step-{step}"]);
        }

        MergeManifest manifest = _bed.Merge("merge_method: linear\nwindow: {from: step-*}\n", "out");
        Assert.Equal(count, manifest.Stages[0].Inputs.Count);
        float[] mean = MergeBed.Read(_bed["out"], "w.weight").Values;
        Assert.All(mean, (value, i) => Assert.Equal((i + 1) * 50.5, value, 1e-3));
    }

    [Fact]
    public void Merge_WhenACheckpointHasCome_IsMadeAgain()
    {
        TinyCheckpoint.Llama(seed: 1).Write(_bed["step-1"]);
        TinyCheckpoint.Llama(seed: 2).Write(_bed["step-2"]);
        const string recipe = "merge_method: linear\nwindow: {from: step-*}\n";
        MergeManifest first = _bed.Merge(recipe, "out");
        Assert.True(_bed.Merge(recipe, "out").IsAlreadyComplete);
        TinyCheckpoint.Llama(seed: 3).Write(_bed["step-3"]);
        MergeManifest second = _bed.Merge(recipe, "out", new MergeOptions { Force = true });
        Assert.False(second.IsAlreadyComplete);
        Assert.NotEqual(first.Merge, second.Merge);
    }
}
