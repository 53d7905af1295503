using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Permutation;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Permutation;

public sealed class WeightMatchingAlignmentTests : ModelAlignmentContract<WeightMatchingAlignment>
{
    private WeightMatchingOptions _options = new();

    protected override IReadOnlyList<TinyCheckpoint> Models { get; } = [SmallLlama.Make(1), SmallLlama.Make(2, DType.BF16)];

    protected override object Options => _options;

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    [InlineData(false, 4)]
    [InlineData(false, 5)]
    public void Align_OfAModelWithUnitsInAnotherOrder_GivesTheSameNumbersAgain(bool residual, int seed)
    {
        _options = new() { Residual = residual };
        ICheckpointReader model = SmallLlama.Make(seed).Open();
        ICheckpointReader shuffled = SmallLlama.Shuffled(model, seed, residual).Open();
        Assert.NotEqual(Numbers(model), Numbers(shuffled));
        Assert.Equal(Numbers(model), Numbers(Align([model, shuffled]).Checkpoints[1]));
    }

    // The order that is found is not the one of the test, and no order changes what a model computes.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Align_OfAModelThatWasTrainedApart_ReordersIt_AndDoesNotChangeWhatItComputes(bool residual)
    {
        _options = new() { Residual = residual };
        ICheckpointReader model = SmallLlama.Make(7).Open();
        ICheckpointReader aligned = Align([SmallLlama.Make(8).Open(), model]).Checkpoints[1];
        Assert.NotEqual(Numbers(model), Numbers(aligned));
        Assert.True(Distance(SmallLlama.Make(8).Open(), aligned) < Distance(SmallLlama.Make(8).Open(), model));
        foreach (int[] tokens in (int[][])[[3], [1, 2, 3, 4, 5], [12, 0, 12, 7]])
        {
            Assert.All(SmallLlama.Logits(model, tokens).Zip(SmallLlama.Logits(aligned, tokens)),
                pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        }
    }

    [Fact]
    public void Align_OfHiddenUnits_FindsTheOrderWithTheLeastDistanceOfAll()
    {
        _options = new() { Residual = false };
        const int units = 6;
        TinyCheckpoint[] models = [.. Enumerable.Range(1, 2).Select(seed => new TinyCheckpoint()
            .Add("model.layers.0.mlp.gate_proj.weight", DType.F32, [units, 3], seed)
            .Add("model.layers.0.mlp.up_proj.weight", DType.F32, [units, 3], seed)
            .Add("model.layers.0.mlp.down_proj.weight", DType.F32, [3, units], seed))];
        ICheckpointReader one = models[0].Open();
        ICheckpointReader other = models[1].Open();
        double least = Orders(units)
            .Min(order => Enumerable.Range(0, units)
                .Sum(unit => Unit(one, unit).Zip(Unit(other, order[unit]), (a, b) => Math.Pow(a - b, 2)).Sum()));
        Assert.Equal(least, Distance(one, Align([one, other]).Checkpoints[1]), 1e-6);
        Assert.True(Distance(one, other) > least);

        static IEnumerable<double> Unit(ICheckpointReader model, int unit) =>
            model.Tensors.SelectMany(tensor => SmallLlama.Values(model, tensor).Index()
                .Where(value => (tensor.Shape[0] == units ? value.Index / 3 : value.Index % units) == unit)
                .Select(value => (double)value.Item));

        static IEnumerable<IReadOnlyList<int>> Orders(int n) =>
            n == 0
                ? [[]]
                : Orders(n - 1)
                    .SelectMany(shorter => Enumerable.Range(0, n)
                        .Select(place => (IReadOnlyList<int>)[.. shorter.Take(place), n - 1, .. shorter.Skip(place)]));
    }

    [Fact]
    public void Align_OfExpertsOfOneBase_LeavesThemAsTheyAre()
    {
        TinyCheckpoint expert = SmallLlama.Make(1);
        ICheckpointReader @base = SmallLlama.Make(1).Open();
        foreach (TensorInfo tensor in @base.Tensors)
        {
            float[] change = SmallLlama.Values(SmallLlama.Make(9).Open(), tensor);
            expert.Add(tensor.Name, DType.F32, tensor.Shape,
                [.. SmallLlama.Values(@base, tensor).Zip(change, (value, other) => value + (0.05f * other))]);
        }

        Assert.Equal(Numbers(expert.Open()), Numbers(Align([@base, expert.Open()]).Checkpoints[1]));
    }

    [Fact]
    public void Align_WithATensorThatIsNotKnown_RefusesTheStream_AndNamesIt()
    {
        TinyCheckpoint[] models = [.. Enumerable.Range(1, 2)
            .Select(seed => SmallLlama.Make(seed).Add("model.layers.0.mixer.conv.weight", DType.F32, [8, 4], seed))];
        MergeHostException refused = Assert.Throws<MergeHostException>(() => Align([.. models.Select(model => model.Open())]));
        Assert.Equal(ErrorCodes.NotSupported, refused.Code);
        Assert.Contains("'model.layers.0.mixer.conv.weight' [8, 4]", refused.Message, StringComparison.Ordinal);
        _options = new() { Residual = false };
        Assert.Equal(
            ["'model1' is ordered as 'model0' is: hidden units of 2 blocks, heads of 2 attentions"],
            Align([.. models.Select(model => model.Open())]).Lines);
    }

    [Fact]
    public void Align_OfABlockThatHoldsATensorThatIsNotKnown_LeavesTheBlockAsItIs()
    {
        _options = new() { Residual = false };
        ICheckpointReader[] models = [.. Enumerable.Range(1, 2)
            .Select(seed => SmallLlama.Make(seed).Add("model.layers.1.mlp.sub_norm.weight", DType.F32, [10], seed).Open())];
        AlignedModels aligned = Align(models);
        Assert.EndsWith("hidden units of 1 blocks, heads of 2 attentions; 1 blocks stay as they are, as 'model.layers.1.mlp' does",
            aligned.Lines[0], StringComparison.Ordinal);
        TensorInfo up = models[1].Tensors.Single(tensor => tensor.Name == "model.layers.1.mlp.up_proj.weight");
        Assert.Equal(SmallLlama.Values(models[1], up), SmallLlama.Values(aligned.Checkpoints[1], up));
    }

    [Fact]
    public void Read_OfAModelWithNaN_NamesModelAndUnits()
    {
        float[] values = new float[SmallLlama.Units * SmallLlama.Width];
        values[5] = float.NaN;
        TinyCheckpoint broken = SmallLlama.Make(2)
            .Add("model.layers.1.mlp.up_proj.weight", DType.F32, [SmallLlama.Units, SmallLlama.Width], values);
        ICheckpointReader aligned = Align([SmallLlama.Make(1).Open(), broken.Open()]).Checkpoints[1];
        CheckpointException failed = Assert.Throws<CheckpointException>(() => Numbers(aligned));
        Assert.Equal(ErrorCodes.NonFinite, failed.Code);
        Assert.Contains("'model1': units of 'model.layers.1.mlp.down_proj.weight'", failed.Message, StringComparison.Ordinal);
    }

    private static float[] Numbers(ICheckpointReader model) => [.. model.Tensors.SelectMany(tensor => SmallLlama.Values(model, tensor))];

    private static double Distance(ICheckpointReader one, ICheckpointReader other) =>
        Numbers(one).Zip(Numbers(other), (a, b) => Math.Pow((double)a - b, 2)).Sum();
}
