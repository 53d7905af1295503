using System.Text.Json.Nodes;
using MergeHost.Algebra;
using MergeHost.Builders;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Plugins.Adapters.Building;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>Adapters merged as adapters.</summary>
public sealed class LoraBuilderTests : ModelBuilderContract<LoraBuilder>
{
    private const string Module = "model.layers.0.self_attn.q_proj";
    private const string A = $"base_model.model.{Module}.lora_A.weight";
    private const string B = $"base_model.model.{Module}.lora_B.weight";
    private const int Rows = 10;
    private const int Columns = 12;

    private static readonly ManagedLinearAlgebra _algebra = new(threads: 1);

    protected override IReadOnlyDictionary<string, TinyCheckpoint> Models { get; } = new Dictionary<string, TinyCheckpoint>
    {
        ["one"] = Adapter(rank: 2, seed: 1, """{"peft_type": "LORA", "r": 2, "lora_alpha": 6, "base_model_name_or_path": "base"}"""),
        ["other"] = Adapter(rank: 4, seed: 2,
            """{"peft_type": "LORA", "r": 4, "lora_alpha": 4, "use_rslora": true, "base_model_name_or_path": "base"}"""),
    };

    protected override object Options => Asked(CoreMethod.TaskArithmetic, null);

    [Fact]
    public void Make_OfASum_IsTheSumOfTheProducts()
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build());
        Equal(Sum(0.5 * 3, -0.25 * 2), Product(made, 6), 1e-6);
    }

    [Fact]
    public void Make_OfAMean_DividesByTheWeights()
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build(Asked(CoreMethod.Linear, null)));
        Equal(Sum(0.5 * 3 / 0.25, -0.25 * 2 / 0.25), Product(made, 6), 1e-6);
    }

    [Fact]
    public void Make_CutToARank_IsTheNearestProduct()
    {
        float[] whole = Sum(0.5 * 3, -0.25 * 2);
        double[] values = [.. _algebra.Decompose(new Matrix<float>(Rows, Columns, whole)).S];
        IReadOnlyDictionary<string, float[]> made = Make(Build(Asked(CoreMethod.TaskArithmetic, 3)));
        double left = Math.Sqrt(whole.Zip(Product(made, 3), (a, b) => ((double)a - b) * ((double)a - b)).Sum());
        Assert.Equal(Math.Sqrt(values.Skip(3).Sum(value => value * value)), left, 1e-5);
    }

    // Nothing is trimmed or dropped, and of two changes that are one, no sign conflicts.
    [Theory]
    [InlineData(CoreMethod.Ties)]
    [InlineData(CoreMethod.DareLinear)]
    [InlineData(CoreMethod.DareTies)]
    public void Make_OfOneAdapterTwice_WithoutThinning_IsThatAdapter(CoreMethod method)
    {
        MergedAdapter half = new() { Model = "one", Weight = 0.5 };
        IReadOnlyDictionary<string, float[]> made = Make(Build(new LoraMergeOptions
        {
            Adapters = [half, half],
            Method = method,
            Rank = 2
        }));
        Equal(Sum(3, 0), Product(made, 2), 1e-5);
    }

    [Fact]
    public void Make_ByTsv_IsWhatTheStrategyMakesOfTheWholeChanges()
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build(Asked(CoreMethod.TsvM, null)));
        Directions all = Directions.Join([Directions.Of(new Matrix<float>(Rows, Columns, Sum(0.5 * 3, 0)), _algebra, Rows / 2),
            Directions.Of(new Matrix<float>(Rows, Columns, Sum(0, -0.25 * 2)), _algebra, Rows / 2)]);
        Equal(all.Orthogonal(_algebra).With(all.S, _algebra).Elements.ToArray(), Product(made, 6), 1e-5);
    }

    [Theory]
    [InlineData(0.5, null)]
    [InlineData(0.9, null)]
    [InlineData(1.0, null)]
    [InlineData(0.9, 2)]
    public void Build_WithAnEnergy_TakesTheLeastRankThatHoldsIt(double energy, int? most)
    {
        double[] squares = [.. _algebra.Decompose(new Matrix<float>(Rows, Columns, Sum(0.5 * 3, -0.25 * 2))).S.Take(6)
            .Select(value => value * value)];
        int least = Enumerable.Range(1, 6).First(rank => squares.Take(rank).Sum() >= (energy * squares.Sum()) - 1e-6);
        ModelBlueprint blueprint = Planned(Asked(CoreMethod.TaskArithmetic, most) with { Energy = energy }, []);
        Assert.Equal(Math.Min(least, most ?? 6), blueprint.Tensors.Single(tensor => tensor.Name == A).Shape[0]);
        Assert.Equal(Math.Min(least, most ?? 6),
            blueprint.Companions.Single(file => file.Name == "adapter_config.json").ReadJson()["r"]!.GetValue<int>());
    }

    [Fact]
    public void Build_WithAnEnergyOfAnAdapterThatIsNotMadeYet_RefusesItByName()
    {
        BuildException refusal = Assert.Throws<BuildException>(() => Planned(Asked(CoreMethod.TaskArithmetic, null) with { Energy = 0.9 },
            ["other"]));
        Assert.Contains("'other' is made by a stage", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Make_ByTies_KeepsOfEachCoreItsLargestElementsThatAgree()
    {
        Matrix<float> one = new(2, 2, (float[])[4, -1, 3, 2]);
        Matrix<float> other = new(2, 2, (float[])[-5, -6, 1, 2.5f]);
        LoraMergeOptions options = new() { Adapters = [], Method = CoreMethod.Ties };
        Matrix<float> merged = new CoreRule(options, 0).Merge([one, other],
            [(new MergedAdapter { Model = "one", Density = 0.5, Weight = 1 }, 0),
                (new MergedAdapter { Model = "other", Density = 0.75, Weight = 2 }, 1)], "m", 2, _algebra);

        // Kept are [4, 0, 3, 0] and [-5, -6, 0, 2.5]: the sums 4 − 10, −12, 3 and 5, each over the weights that agree.
        Assert.Equal((float[])[-5, -6, 3, 2.5f], merged.Elements.ToArray());
    }

    [Fact]
    public void Space_OfSeveralProducts_LosesNothing()
    {
        using MergeHost.Checkpoints.ICheckpointReader one = Models["one"].Open();
        float[] a = AdapterCase.Read(one, A);
        float[] b = AdapterCase.Read(one, B);
        MergeHost.Plugins.Adapters.Changes.Factors[] products = [new(new Matrix<float>(Rows, 2, b), new Matrix<float>(2, Columns, a)),
            new(new Matrix<float>(Rows, 2, b), new Matrix<float>(2, Columns, a))];
        CoreSpace space = new(products, _algebra);
        MergeHost.Plugins.Adapters.Changes.Factors back = space.Expand(space.Cores[0], 4, out double whole, out double cut);
        Assert.Equal(0, cut / whole, 1e-12);
        Equal(_algebra.Multiply(products[0].Left, products[0].Right).Elements.ToArray(),
            _algebra.Multiply(back.Left, back.Right).Elements.ToArray(), 1e-5);
    }

    [Fact]
    public void Build_WritesFullNamesAndAScaleOfOne()
    {
        JsonObject config = Build().Companions.Single(file => file.Name == "adapter_config.json").ReadJson();
        Assert.Equal((6, 6), (config["r"]!.GetValue<int>(), config["lora_alpha"]!.GetValue<int>()));
        Assert.Equal([Module], config["target_modules"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal("base", config["base_model_name_or_path"]!.GetValue<string>());
        Assert.False(config["use_rslora"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("use_dora", "true", "'use_dora' is set")]
    [InlineData("peft_type", "\"LOHA\"", "it is of kind 'LOHA'")]
    [InlineData("init_lora_weights", "\"pissa_niter_4\"", "which changes the base")]
    public void Build_OfAnAdapterThatIsMoreThanProducts_RefusesIt(string field, string value, string message)
    {
        JsonObject config = new() { ["peft_type"] = "LORA", ["r"] = 2, ["lora_alpha"] = 6, [field] = JsonNode.Parse(value) };
        Dictionary<string, MergeHost.Checkpoints.ICheckpointReader> models =
            new() { ["odd"] = Adapter(2, 1, config.ToJsonString()).Open() };
        BuildException refusal = Assert.Throws<BuildException>(() => ((IModelBuilder<LoraMergeOptions>)new LoraBuilder()).Build(
            new BuilderContext(models), new LoraMergeOptions { Adapters = [new MergedAdapter { Model = "odd" }] }));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        models["odd"].Dispose();
    }

    private ModelBlueprint Planned(LoraMergeOptions options, HashSet<string> unmade)
    {
        Dictionary<string, MergeHost.Checkpoints.ICheckpointReader> models = Models.ToDictionary(model => model.Key,
            model => model.Value.Open());
        ModelBlueprint blueprint = ((IModelBuilder<LoraMergeOptions>)new LoraBuilder())
            .Build(new BuilderContext(models) { Unmade = unmade }, options);
        Array.ForEach([.. models.Values], model => model.Dispose());
        return blueprint;
    }

    private static LoraMergeOptions Asked(CoreMethod method, int? rank) => new()
    {
        Adapters = [new MergedAdapter { Model = "one", Weight = 0.5 }, new MergedAdapter { Model = "other", Weight = -0.25 }],
        Method = method,
        Rank = rank,
    };

    private static TinyCheckpoint Adapter(int rank, int seed, string config) => new TinyCheckpoint()
        .Add(A, DType.F32, [rank, Columns], seed: seed).Add(B, DType.F32, [Rows, rank], seed: seed + 10)
        .AddFile("adapter_config.json", config);

    private float[] Sum(double first, double second)
    {
        double[] sum = new double[Rows * Columns];
        foreach ((string name, int rank, double factor) in new[] { ("one", 2, first), ("other", 4, second) })
        {
            using MergeHost.Checkpoints.ICheckpointReader reader = Models[name].Open();
            float[] product = Product(new Dictionary<string, float[]>
            {
                [A] = AdapterCase.Read(reader, A),
                [B] = AdapterCase.Read(reader, B)
            }, rank);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += factor * product[i];
            }
        }

        return [.. sum.Select(value => (float)value)];
    }

    private static float[] Product(IReadOnlyDictionary<string, float[]> factors, int rank) =>
        _algebra.Multiply(new Matrix<float>(Rows, rank, factors[B]), new Matrix<float>(rank, Columns, factors[A])).Elements.ToArray();

    private static void Equal(float[] expected, float[] found, double tolerance)
    {
        double most = expected.Max(value => Math.Abs((double)value));
        Assert.Equal(expected.Select(value => (double)value), found.Select(value => (double)value),
            (x, y) => Math.Abs(x - y) <= tolerance * most);
    }
}
