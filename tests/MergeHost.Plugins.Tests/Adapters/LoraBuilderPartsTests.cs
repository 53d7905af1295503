using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters.Building;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>What adapters hold beside products of a module's weight, merged as adapters: biases, whole modules, experts.</summary>
public sealed class LoraBuilderPartsTests : ModelBuilderContract<LoraBuilder>
{
    private const string Query = "base_model.model.model.layers.0.self_attn.q_proj";
    private const string Experts = "base_model.model.model.layers.0.mlp.experts";
    private const string Norm = "base_model.model.model.norm.weight";
    private const string Head = "base_model.model.lm_head.weight";
    private const int ExpertCount = 3;

    private static readonly float[] _before = [1, 2, 3, 4];

    protected override IReadOnlyDictionary<string, TinyCheckpoint> Models { get; } = new Dictionary<string, TinyCheckpoint>
    {
        ["base"] = new TinyCheckpoint().Add("model.norm.weight", DType.F32, [4], _before)
            .Add("model.layers.0.self_attn.q_proj.weight", DType.F32, [4, 4])
                .Add("model.embed_tokens.weight", DType.F32, [2, 2], _before).AddFile("config.json", """{"tie_word_embeddings": true}"""),
        ["one"] = Config(2, "mlp.experts.gate_up_proj", "mlp.experts.down_proj")
            .Add($"{Query}.lora_A.weight", DType.F32, [2, 4], seed: 1).Add($"{Query}.lora_B.weight", DType.F32, [4, 2], seed: 2)
            .Add($"{Query}.lora_B.bias", DType.F32, [4], [1, 2, 3, 4])
            .Add($"{Experts}.base_layer.lora_A.weight", DType.F32, [2 * ExpertCount, 4], seed: 3)
            .Add($"{Experts}.base_layer.lora_B.weight", DType.F32, [10, 2 * ExpertCount], seed: 4)
            .Add($"{Experts}.lora_A.weight", DType.F32, [2 * ExpertCount, 5], seed: 5)
            .Add($"{Experts}.lora_B.weight", DType.F32, [4, 2 * ExpertCount], seed: 6)
            .Add(Norm, DType.F32, [4], [2, 2, 2, 2]).Add(Head, DType.F32, [2, 2], [2, 2, 2, 2]),
        ["other"] = Config(1, "mlp.experts.down_proj")
            .Add($"{Query}.lora_A.weight", DType.F32, [1, 4], seed: 7).Add($"{Query}.lora_B.weight", DType.F32, [4, 1], seed: 8)
            .Add($"{Experts}.lora_A.weight", DType.F32, [ExpertCount, 5], seed: 9)
            .Add($"{Experts}.lora_B.weight", DType.F32, [4, ExpertCount], seed: 10),
    };

    protected override object Options => Asked(CoreMethod.TaskArithmetic);

    // The head of a tied base is its embedding.
    [Theory]
    [InlineData(CoreMethod.TaskArithmetic, Norm, 0.5)]
    [InlineData(CoreMethod.Linear, Norm, 0.25)]
    [InlineData(CoreMethod.TsvM, Norm, 0.25)]
    [InlineData(CoreMethod.TaskArithmetic, Head, 0.5)]
    public void Make_OfAWholeModule_AddsItsChangeToTheBase(CoreMethod method, string module, double factor) => Assert.Equal(
        _before.Select(value => value + (factor * (2 - value))), Make(Build(Asked(method)))[module].Select(value => (double)value),
        (x, y) => Math.Abs(x - y) < 1e-6);

    // The scale of "one" is 4.
    [Theory]
    [InlineData(CoreMethod.TaskArithmetic, 0.5)]
    [InlineData(CoreMethod.TsvM, 0.25)]
    public void Make_OfABiasOfFactors_ScalesItAsTheProduct(CoreMethod method, double factor) => Assert.Equal(
        new double[] { 4 * factor, 8 * factor, 12 * factor, 16 * factor },
        Make(Build(Asked(method)))[$"{Query}.lora_B.bias"].Select(value => (double)value), (x, y) => Math.Abs(x - y) < 1e-6);

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void Make_OfExperts_IsTheSumOfTheProductsOfEach(int? rank)
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build(Asked(CoreMethod.TaskArithmetic) with { Rank = rank }));
        for (int expert = 0; expert < ExpertCount; expert++)
        {
            double[] down = Product("one", Experts, 2, 4, 5, expert, 0.5 * 4)
                .Zip(Product("other", Experts, 1, 4, 5, expert, 0.5 * 8), (a, b) => a + b).ToArray();
            Equal(down, Product(name => made[name], Experts, 3, 4, 5, expert, 1));
            Equal(Product("one", Experts + ".base_layer", 2, 10, 4, expert, 0.5 * 4),
                Product(name => made[name], Experts + ".base_layer", 2, 10, 4, expert, 1));
        }
    }

    [Fact]
    public void Build_SaysOfEachParameterItsNameAndRank()
    {
        JsonObject config = Build().Companions[0].ReadJson();
        Assert.Equal(["model.layers.0.mlp.experts.gate_up_proj", "model.layers.0.mlp.experts.down_proj"],
            config["target_parameters"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Equal(3, config["r"]!.GetValue<int>());
        Assert.Equal(2, config["rank_pattern"]![@"model\.layers\.0\.mlp\.experts\.gate_up_proj"]!.GetValue<int>());
        Assert.True(config["lora_bias"]!.GetValue<bool>());
        Assert.Equal(["lm_head", "model.norm"],
            config["modules_to_save"]!.AsArray().Select(name => name!.GetValue<string>()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(CoreMethod.Ties, "base", "'model.norm.weight' is saved whole, and 'ties' merges products alone")]
    [InlineData(CoreMethod.Linear, null, "what changed in it can be told with the base alone")]
    public void Build_OfAWholeModuleThatCannotBeMerged_RefusesItByName(CoreMethod method, string? @base, string message) =>
        Assert.Contains(message, Assert.Throws<BuildException>(() => Build(Asked(method) with { Base = @base })).Message,
            StringComparison.Ordinal);

    private static LoraMergeOptions Asked(CoreMethod method) => new()
    {
        Adapters = [new MergedAdapter { Model = "one", Weight = 0.5 }, new MergedAdapter { Model = "other", Weight = 0.5 }],
        Method = method,
        Lambda = method == CoreMethod.Linear ? 0.5 : 1,
        Base = "base",
    };

    private static TinyCheckpoint Config(int rank, params string[] parameters) =>
        new TinyCheckpoint().AddFile("adapter_config.json", new JsonObject
        {
            ["peft_type"] = "LORA",
            ["r"] = rank,
            ["lora_alpha"] = 8,
            ["lora_bias"] = true,
            ["target_parameters"] = new JsonArray([.. parameters.Select(parameter => (JsonNode?)JsonValue.Create(parameter))]),
        }.ToJsonString());

    private double[] Product(string model, string module, int rank, int rows, int columns, int expert, double factor)
    {
        using ICheckpointReader reader = Models[model].Open();
        return Product(name => AdapterCase.Read(reader, name), module, rank, rows, columns, expert, factor);
    }

    // Expert after expert in A, expert by expert in each column of B.
    private static double[] Product(Func<string, float[]> read, string module, int rank, int rows, int columns, int expert, double factor)
    {
        float[] a = read($"{module}.lora_A.weight");
        float[] b = read($"{module}.lora_B.weight");
        return [.. Enumerable.Range(0, rows * columns).Select(i => factor * Enumerable.Range(0, rank).Sum(k =>
            (double)b[(((i / columns * rank) + k) * ExpertCount) + expert] * a[(((expert * rank) + k) * columns) + (i % columns)]))];
    }

    private static void Equal(double[] expected, double[] found)
    {
        double most = expected.Max(Math.Abs);
        Assert.Equal(expected, found, (x, y) => Math.Abs(x - y) <= 1e-5 * most);
    }
}
