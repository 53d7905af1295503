using System.Text.Json.Nodes;
using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Algebra;
using MergeHost.Plugins.Adapters.Building;
using MergeHost.Plugins.Adapters.Changes;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>Adapters made of two models.</summary>
public sealed class ExtractBuilderTests : ModelBuilderContract<ExtractBuilder>
{
    private const string Up = "model.layers.0.mlp.up_proj.weight";

    private static readonly ManagedLinearAlgebra _algebra = new(threads: 1);

    protected override IReadOnlyDictionary<string, TinyCheckpoint> Models { get; } = new Dictionary<string, TinyCheckpoint>
    {
        ["base"] = TinyCheckpoint.Llama(type: DType.F32),
        ["tuned"] = TinyCheckpoint.Llama(type: DType.F32, seed: 5),
    };

    protected override string Base => "base";

    protected override object Options => new ExtractOptions { Tuned = "tuned", Rank = 3 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Make_OfAMatrix_IsTheNearestProductOfItsRank(bool exact)
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build(new ExtractOptions { Tuned = "tuned", Rank = 3, Exact = exact }));
        float[] change = Change(Up);
        Matrix<float> product = _algebra.Multiply(
            new Matrix<float>(8, 3, made["base_model.model.model.layers.0.mlp.up_proj.lora_B.weight"]),
            new Matrix<float>(3, 4, made["base_model.model.model.layers.0.mlp.up_proj.lora_A.weight"]));
        double least = _algebra.Decompose(new Matrix<float>(8, 4, change)).S.Skip(3).Sum(value => value * value);
        Assert.Equal(Math.Sqrt(least), Math.Sqrt(change.Zip(product.Elements.ToArray(), (a, b) => ((double)a - b) * ((double)a - b)).Sum()),
            1e-5);
    }

    [Fact]
    public void Build_SavesVectorsWholeAndNamesThem()
    {
        ModelBlueprint blueprint = Build();
        JsonObject config = blueprint.Companions[0].ReadJson();
        Assert.Contains("model.norm", config["modules_to_save"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Contains(blueprint.Tensors, tensor => tensor.Name == "base_model.model.model.norm.weight");
        Assert.Contains("model.layers.0.mlp.up_proj", config["target_modules"]!.AsArray().Select(name => name!.GetValue<string>()));
    }

    [Fact]
    public void Build_LeavesOutWhatDidNotChange()
    {
        ModelBlueprint blueprint = Build(new ExtractOptions
        {
            Tuned = "tuned",
            Unchanged = [Up, "model.norm.weight"],
            Ranks = [new MatrixRank { Tensor = "lm_head.weight", Rank = 0 }]
        });
        Assert.DoesNotContain(blueprint.Tensors,
            tensor => tensor.Name.Contains("layers.0.mlp.up_proj", StringComparison.Ordinal)
                || tensor.Name.Contains("model.norm", StringComparison.Ordinal)
                || tensor.Name.Contains("lm_head", StringComparison.Ordinal));
    }

    [Fact]
    public void Make_WithDora_GivesRowsTheTrainedLengths()
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build(new ExtractOptions { Tuned = "tuned", Rank = 1, Dora = true }));
        using ICheckpointReader tuned = Models["tuned"].Open();
        float[] trained = AdapterCase.Read(tuned, Up);
        Assert.Equal(Enumerable.Range(0, 8).Select(row => Math.Sqrt(trained.Skip(4 * row).Take(4).Sum(value => (double)value * value))),
            made["base_model.model.model.layers.0.mlp.up_proj.lora_magnitude_vector"].Select(length => (double)length),
            (x, y) => Math.Abs(x - y) < 1e-5);
    }

    // As in matrices that were padded: what DoRA makes of it is 0/0.
    [Fact]
    public void Make_WithDoraOfARowOfZeros_RefusesItByName()
    {
        TinyCheckpoint Padded(float value) => new TinyCheckpoint().Add(Up, DType.F32, [2, 4], [value, 1, 2, 3, 0, 0, 0, 0]);
        using ICheckpointReader before = Padded(1).Open();
        using ICheckpointReader after = Padded(2).Open();
        Dictionary<string, ICheckpointReader> models = new() { ["base"] = before, ["tuned"] = after };
        ModelBlueprint blueprint = ((IModelBuilder<ExtractOptions>)new ExtractBuilder()).Build(
            new BuilderContext(models) { Base = "base" }, new ExtractOptions { Tuned = "tuned", Rank = 1, Dora = true });
        using TemporaryFolder folder = new();
        BuildException refusal = Assert.Throws<BuildException>(() => WriteMade(blueprint, models, folder.Path));
        Assert.Contains($"'{Up}': row 1", refusal.Message, StringComparison.Ordinal);
    }

    // gpt-oss stores [experts, in, out]; an adapter has the same factors for both layouts.
    [Theory]
    [InlineData("qwen3_moe", false)]
    [InlineData("gpt_oss", true)]
    public void Make_OfExpertsInOneTensor_IsWhatTheTransformAddsBack(string architecture, bool isTransposed)
    {
        const string up = "model.layers.0.mlp.experts.gate_up_proj";
        const string down = "model.layers.0.mlp.experts.down_proj";
        TensorShape upShape = isTransposed ? [3, 4, 10] : [3, 10, 4];
        TensorShape downShape = isTransposed ? [3, 5, 4] : [3, 4, 5];
        TinyCheckpoint Experts(int seed) =>
            new TinyCheckpoint().Add(up, DType.F32, upShape, seed: seed).Add(down, DType.F32, downShape, seed: seed + 1)
                .AddFile("config.json", $$"""{"model_type": "{{architecture}}"}""");
        using TemporaryFolder folder = new();
        Experts(1).Write(Path.Combine(folder.Path, "base"));
        using ICheckpointReader before = Experts(1).Open();
        using ICheckpointReader after = Experts(7).Open();
        Dictionary<string, ICheckpointReader> models = new() { ["base"] = before, ["tuned"] = after };
        ModelBlueprint blueprint = ((IModelBuilder<ExtractOptions>)new ExtractBuilder())
            .Build(new BuilderContext(models) { Base = "base" }, new ExtractOptions { Tuned = "tuned", Rank = 4 });
        Assert.Empty(blueprint.Warnings);
        WriteMade(blueprint, models, Path.Combine(folder.Path, "adapter"));
        using ICheckpointReader merged = AdapterCase.Apply(Path.Combine(folder.Path, "base"), Path.Combine(folder.Path, "adapter"));
        Assert.All((string[])[up, down],
            name => Assert.Equal(AdapterCase.Read(after, name), AdapterCase.Read(merged, name), (x, y) => Math.Abs(x - y) < 1e-5));
    }

    // PEFT loads no such adapter.
    [Theory]
    [InlineData("model.layers.0.mlp.experts.down_proj")]
    [InlineData("model.layers.0.mlp.gate.weight")]
    public void Build_WithDoraOfAParameter_RefusesItByName(string tensor)
    {
        TensorShape shape = tensor.EndsWith(".weight", StringComparison.Ordinal) ? [3, 4] : [3, 4, 5];
        using ICheckpointReader before = new TinyCheckpoint().Add(tensor, DType.F32, shape, seed: 1).Open();
        using ICheckpointReader after = new TinyCheckpoint().Add(tensor, DType.F32, shape, seed: 2).Open();
        BuilderContext context = new(new Dictionary<string, ICheckpointReader> { ["base"] = before, ["tuned"] = after }) { Base = "base" };
        BuildException refusal = Assert.Throws<BuildException>(
            () => ((IModelBuilder<ExtractOptions>)new ExtractBuilder())
                .Build(context, new ExtractOptions { Tuned = "tuned", Rank = 1, Dora = true }));
        Assert.Contains($"'{tensor}' is a parameter", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_WhenTheModelHasMoreTokens_RefusesByTheirNumber()
    {
        Dictionary<string, ICheckpointReader> models = new()
        {
            ["base"] = Models["base"].Open(),
            ["tuned"] = TinyCheckpoint.Llama(type: DType.F32).Remove("model.embed_tokens.weight")
                .Add("model.embed_tokens.weight", DType.F32, [99, 4]).Open(),
        };
        BuildException refusal = Assert.Throws<BuildException>(() => ((IModelBuilder<ExtractOptions>)new ExtractBuilder())
            .Build(new BuilderContext(models) { Base = "base" }, new ExtractOptions { Tuned = "tuned" }));
        Assert.Contains("has 99 rows in 'tuned'", refusal.Message, StringComparison.Ordinal);
    }

    // Singular values that fall slowly, from 1 on, at an extent where directions are sought at random.
    [Fact]
    public void Approximation_OfALargeMatrix_IsWithinAHundredthOfTheLeastThatIsLeft()
    {
        const int rows = 640;
        const int columns = 720;
        Matrix<float> u = _algebra.Qr(Random(rows, rows, 1)).Q;
        Matrix<float> v = _algebra.Qr(Random(columns, rows, 2)).Q;
        double[] values = [.. Enumerable.Range(0, rows).Select(i => 1 / Math.Sqrt(i + 1.0))];
        Matrix<float> scaled = MatrixOperations.Make(rows, rows, (row, column) => u[row, column] * values[column]);
        Matrix<float> matrix = _algebra.Multiply(scaled, v, transposeB: true);
        const int rank = 32;
        Factors found = new LowRankApproximation(_algebra, seed: 7, isExact: false).Of(matrix, rank, "m");
        Matrix<float> product = _algebra.Multiply(found.Left, found.Right);
        double left = matrix.Elements.ToArray().Zip(product.Elements.ToArray(), (a, b) => ((double)a - b) * ((double)a - b)).Sum();
        double least = values.Skip(rank).Sum(value => value * value);
        Assert.InRange(Math.Sqrt(left / least), 0.9999, 1.01);
    }

    private static void WriteMade(ModelBlueprint blueprint, Dictionary<string, ICheckpointReader> models, string folder)
    {
        Directory.CreateDirectory(folder);
        TinyCheckpoint adapter = new();
        foreach (IGrouping<Treatment?, BlueprintTensor> group in blueprint.Tensors.GroupBy(tensor => tensor.Treatment))
        {
            MadeTensors made = new([.. group.Select(tensor => new TensorInfo(tensor.Name, DType.F32, tensor.Shape))],
                (source, first, count) => AdapterCase.Read(models[source.Model], source.Tensor) is var all && count < 0
                    ? all
                    : all[(int)first..(int)(first + count)], _ => throw new NotSupportedException())
            {
                Algebra = _algebra,
                Device = default,
            };
            ((MakeTreatment)group.Key!).Work(made);
            Array.ForEach([.. group], tensor => adapter.Add(tensor.Name, DType.F32, tensor.Shape, made.Result(tensor.Name)));
        }

        adapter.AddFile("adapter_config.json", blueprint.Companions[0].ReadJson().ToJsonString()).Write(folder);
    }

    private float[] Change(string name)
    {
        using ICheckpointReader before = Models["base"].Open();
        using ICheckpointReader after = Models["tuned"].Open();
        return [.. AdapterCase.Read(after, name).Zip(AdapterCase.Read(before, name), (a, b) => a - b)];
    }

    private static Matrix<float> Random(int rows, int columns, int seed)
    {
        Random random = new(seed);
        return MatrixOperations.Make(rows, columns, (_, _) => random.NextDouble() - 0.5);
    }
}
