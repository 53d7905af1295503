using MergeHost.Reports;
using MergeHost.Testing;
using MergeHost.Tests.Running;

namespace MergeHost.Tests.Comparing;

public sealed class CompareTests : IDisposable
{
    private readonly MergeBed _bed = new();

    // Base (1, 2), one model (2, 2), the other (0, 5): τ are (1, 0) and (−1, 3).
    [Fact]
    public void Compare_OfTwoModelsAndTheirBase_GivesDistancesOfWeightsAndTaskVectors()
    {
        Write("base", 1, 2);
        Write("a", 2, 2);
        Write("b", 0, 5);
        ComparisonReport report = Compare(["a", "b"], "base");
        Assert.Equal(3, report.Pairs.Count);
        Distance distance = report.Pairs[2].Whole;
        Assert.Equal((2, Math.Sqrt(13)), (distance.Elements, distance.L2));
        Assert.Equal(10 / Math.Sqrt(8 * 25), distance.Cosine!.Value, 1e-15);
        Assert.Equal(new TaskVectorDistance(1, Math.Sqrt(10), -1 / Math.Sqrt(10), 1), distance.TaskVectors);

        Assert.Null(report.Pairs[0].Whole.TaskVectors);
        Assert.Equal((1, 1), (report.Pairs[0].Whole.L2, Compare(["base", "a"], null).Pairs.Single().Whole.L2));
    }

    [Fact]
    public void Compare_OfOneModelWithItself_FindsNoDistance()
    {
        PairComparison pair = Compare([MergeBed.Models + "math", MergeBed.Models + "math"], MergeBed.Models + "base").Pairs[2];
        Assert.Equal((0, 1), (pair.Whole.L2, pair.Whole.Cosine));
        Assert.Equal((1, 0), (pair.Whole.TaskVectors!.Cosine, pair.Whole.TaskVectors.SignConflictRate));
        Assert.Empty(pair.Hints);
    }

    [Fact]
    public void Compare_OfTheFamily_AddsUpOverTensorsAndLayers()
    {
        string[] experts = [MergeBed.Models + "finance", MergeBed.Models + "math", MergeBed.Models + "japanese"];
        ComparisonReport report = Compare(experts, MergeBed.Models + "base");
        Assert.Equal(6, report.Pairs.Count);
        Assert.All(report.Pairs, pair =>
        {
            Assert.Equal((38, 4), (pair.Tensors.Count, pair.Layers.Count));
            Assert.Equal(pair.Whole.L2, Math.Sqrt(pair.Tensors.Sum(tensor => Math.Pow(tensor.Distance.L2, 2))), 1e-9 * pair.Whole.L2);
        });

        // Against float64, element by element.
        string name = "model.layers.1.mlp.up_proj.weight";
        float[] a = MergeBed.Read(experts[0], name).Values;
        float[] b = MergeBed.Read(experts[1], name).Values;
        double dot = a.Zip(b, (x, y) => (double)x * y).Sum();
        Distance distance = report.Pairs.Single(pair => pair.A == experts[0] && pair.B == experts[1]).Tensors
            .Single(tensor => tensor.Name == name).Distance;
        Assert.Equal(dot / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(x => (double)x * x)), distance.Cosine!.Value, 1e-6);
        Assert.Equal(Math.Sqrt(a.Zip(b, (x, y) => Math.Pow((double)x - y, 2)).Sum()), distance.L2, 1e-6 * distance.L2);
    }

    [Fact]
    public void Compare_WithAnyThreads_GivesTheSameBits()
    {
        string[] models = [MergeBed.Models + "finance", MergeBed.Models + "math"];
        Distance expected = _bed.Engine.Compare(models, MergeBed.Models + "base", new MergeOptions { Threads = 1 }).Pairs[2].Whole;
        Assert.Equal(expected, _bed.Engine.Compare(models, MergeBed.Models + "base", new MergeOptions { Threads = 5 }).Pairs[2].Whole);
    }

    [Fact]
    public void Compare_BeyondTheMarks_SaysSoWithTheirOrigin()
    {
        Write("a", 100, 0);
        Write("b", 0, 100);
        IReadOnlyList<string> hints = Compare(["a", "b"], null).Pairs[0].Hints;
        Assert.StartsWith("the cosine 0.0000 is below 0.978, where merges collapse", hints[0], StringComparison.Ordinal);
        Assert.StartsWith("the L2 distance 141.4 is above 120, where merges collapse", hints[1], StringComparison.Ordinal);
        Assert.All(hints, hint => Assert.Contains("arXiv:2511.02451", hint, StringComparison.Ordinal));
    }

    [Fact]
    public void Compare_OfModelsWithOtherVocabularies_LeavesTheirEmbeddingsOut()
    {
        TinyCheckpoint.Llama().Write(_bed["a"]);
        TinyCheckpoint.Llama(tokens: 9, seed: 2).Write(_bed["b"]);
        Assert.Equal(["model.embed_tokens.weight", "lm_head.weight"], Compare([_bed["a"], _bed["b"]], null).LeftOut);
    }

    public void Dispose() => _bed.Dispose();

    private ComparisonReport Compare(string[] models, string? @base) =>
        _bed.Engine.Compare([.. models.Select(Full)], @base is null ? null : Full(@base), new MergeOptions());

    private string Full(string name) => Path.IsPathRooted(name) ? name : _bed[name];

    private void Write(string name, params float[] values) =>
        new TinyCheckpoint().Add("w", DType.F32, [values.Length], values).Write(_bed[name]);
}
