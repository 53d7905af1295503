using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Plugins.Moe;
using MergeHost.Plugins.Moe.Naming;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Moe;

/// <summary>Mixtures of tiny dense models: names, settings, numbers, and what is refused.</summary>
public sealed class MoeBuilderTests : ModelBuilderContract<MoeBuilder>
{
    private readonly Dictionary<string, TinyCheckpoint> _models = new()
    {
        ["base"] = Dense("llama", 1),
        ["a"] = Dense("llama", 2),
        ["b"] = Dense("llama", 3),
    };

    protected override IReadOnlyDictionary<string, TinyCheckpoint> Models => _models;

    protected override string? Base => "base";

    protected override object Options => Random();

    [Theory]
    [InlineData("llama", null, "model.layers.1.block_sparse_moe.experts.1.w3.weight", "model.layers.1.block_sparse_moe.gate.weight",
        "MixtralForCausalLM", "num_local_experts")]
    [InlineData("mistral", "mixtral", "model.layers.0.block_sparse_moe.experts.0.w3.weight", "model.layers.0.block_sparse_moe.gate.weight",
        "MixtralForCausalLM", "num_experts")]
    [InlineData("llama", "deepseek", "model.layers.1.mlp.experts.1.up_proj.weight", "model.layers.1.mlp.gate.weight", "DeepseekForCausalLM",
        "n_routed_experts")]
    [InlineData("qwen3", null, "model.layers.1.mlp.experts.1.up_proj.weight", "model.layers.1.mlp.gate.weight", "Qwen3MoeForCausalLM",
        "num_experts")]
    public void Build_OfEachArchitecture_NamesExpertsAsProgramsReadThem(string type, string? architecture, string up, string router,
        string expected, string count)
    {
        OfType(type);
        ModelBlueprint blueprint = Build(Random() with { Architecture = architecture });
        Assert.Contains(blueprint.Tensors, tensor => tensor.Name == up);
        Assert.Contains(blueprint.Tensors, tensor => tensor.Name == router && tensor.Shape == [2, 4]);
        JsonObject config = ConfigOf(blueprint);
        Assert.Equal(expected, (string)config["architectures"]![0]!);
        Assert.Equal(2, (int)config[count]!);
        Assert.Equal(2, (int)config["num_experts_per_tok"]!);
    }

    [Fact]
    public void Build_OfQwen2_HasAGatedSharedExpert()
    {
        OfType("qwen2");
        ModelBlueprint blueprint = Build(Random() with
        {
            SharedExperts = [new() { SourceModel = "b", ResidualScale = 0.5 }],
            ExpertsPerToken = 1
        });
        IReadOnlyDictionary<string, float[]> made = Make(blueprint);
        Assert.Equal(Values("b", "model.layers.0.mlp.down_proj.weight").Select(value => value / 2),
            made["model.layers.0.mlp.shared_expert.down_proj.weight"]);
        Assert.Equal(4, made["model.layers.0.mlp.shared_expert_gate.weight"].Length);
        Assert.Equal(8, made["model.layers.0.mlp.gate.weight"].Length);
        Assert.Equal(8, (int)ConfigOf(blueprint)["shared_expert_intermediate_size"]!);
    }

    [Fact]
    public void Build_OfQwen2FromLlama_AddsBiasesOfZeros()
    {
        ModelBlueprint blueprint = Build(Random() with { Architecture = "qwen moe", SharedExperts = [new() { SourceModel = "b" }] });
        Assert.All(Make(blueprint)["model.layers.1.self_attn.q_proj.bias"], value => Assert.Equal(0, value));
        Assert.Contains(blueprint.Tensors, tensor => tensor.Name == "model.layers.1.self_attn.v_proj.bias" && tensor.Shape == [2]);
    }

    [Fact]
    public void Build_OfDeepSeekWithASharedExpert_SendsATokenToOneMore()
    {
        JsonObject config = ConfigOf(Build(Random() with { Architecture = "DeepSeek", SharedExperts = [new() { SourceModel = "b" }] }));
        Assert.Equal((1, 1), ((int)config["num_experts_per_tok"]!, (int)config["n_shared_experts"]!));
    }

    [Fact]
    public void Build_OfExperts_CopiesTheirNetworksAndTheBasesRest()
    {
        IReadOnlyDictionary<string, float[]> made = Make(Build(Random(residualScale: -2)));
        Assert.Equal(Values("base", "model.layers.0.self_attn.q_proj.weight"), made["model.layers.0.self_attn.q_proj.weight"]);
        Assert.Equal(Values("a", "model.layers.0.mlp.gate_proj.weight"), made["model.layers.0.block_sparse_moe.experts.0.w1.weight"]);
        Assert.Equal(Values("b", "model.layers.0.mlp.down_proj.weight").Select(value => -2 * value),
            made["model.layers.0.block_sparse_moe.experts.1.w2.weight"]);
    }

    [Fact]
    public void Build_OfFusedExperts_StacksGatesAndUps()
    {
        ModelBlueprint blueprint = Build(Random(residualScale: 3) with { Names = ExpertNames.Fused });
        IReadOnlyDictionary<string, float[]> made = Make(blueprint);
        const string layer = "model.layers.1.mlp.";
        Assert.Equal(
            [.. Values("a", layer + "gate_proj.weight"), .. Values("a", layer + "up_proj.weight"),
                .. Values("b", layer + "gate_proj.weight"), .. Values("b", layer + "up_proj.weight")],
            made[layer + "experts.gate_up_proj"]);
        Assert.Equal([.. Values("a", layer + "down_proj.weight"), .. Values("b", layer + "down_proj.weight").Select(value => 3 * value)],
            made[layer + "experts.down_proj"]);
        Assert.Equal([2, 16, 4], blueprint.Tensors.Single(tensor => tensor.Name == layer + "experts.gate_up_proj").Shape);
        Assert.Contains(blueprint.Tensors, tensor => tensor.Name == layer + "gate.weight");
    }

    [Fact]
    public void Build_WithNoise_AddsTheSameToFusedAndSeparateExperts()
    {
        _models["a"] = Dense("llama", 2, wide: 4096);
        _models["base"] = Dense("llama", 1, wide: 4096);
        MoeOptions options = Random() with
        {
            Experts = [new() { SourceModel = "a", NoiseScale = 0.25, ResidualScale = 2 }, new() { SourceModel = "base" }]
        };
        _models.Remove("b");
        float[] separate = Make(Build(options))["model.layers.0.block_sparse_moe.experts.0.w2.weight"];
        Assert.Equal(separate,
            Make(Build(options with { Names = ExpertNames.Fused }))["model.layers.0.mlp.experts.down_proj"][..separate.Length]);
        double[] noise = [.. separate.Zip(Values("a", "model.layers.0.mlp.down_proj.weight"), (noisy, value) => noisy - (2.0 * value))];
        Assert.Equal(0, noise.Average(), 0.02);
        Assert.Equal(0.5, Math.Sqrt(noise.Average(value => value * value)), 0.02);
    }

    [Theory]
    [InlineData(GateMode.Random, 1.0)]
    [InlineData(GateMode.UniformRandom, 0.57735)]
    public void Build_OfRandomRouters_HasTheSpreadOfTheMode(GateMode mode, double spread)
    {
        foreach (string name in new[] { "base", "a", "b" })
        {
            _models[name] = Dense("llama", 1, hidden: 1024);
        }

        float[] router = Make(Build(Random() with { GateMode = mode }))["model.layers.0.block_sparse_moe.gate.weight"];
        double scale = mode == GateMode.Random ? 1 : 32;
        Assert.Equal(spread, scale * Math.Sqrt(router.Average(value => (double)value * value)), 0.04);
        Assert.NotEqual(router[..1024], router[1024..]);
    }

    [Theory]
    [InlineData("config", "'a' has no config.json")]
    [InlineData("wide", "'a' has intermediate_size 16, base 'base' has 8")]
    [InlineData("activation", "'a' has hidden_act gelu, base 'base' has silu")]
    [InlineData("kind", "'a' is of model_type qwen3, base 'base' of llama")]
    [InlineData("lacking", "'a' has no tensor 'model.layers.0.mlp.up_proj.weight'")]
    [InlineData("biased", "'a' has 'model.layers.0.mlp.up_proj.bias', for which experts have no place")]
    [InlineData("base", "Mixtral has no place for 'model.layers.0.self_attn.q_proj.bias' of base 'base'")]
    [InlineData("shape", "'a' has 'model.layers.0.mlp.up_proj.weight' of shape [8, 8], expected [8, 4]")]
    public void Build_OfModelsThatDoNotFit_NamesWhatDiffers(string fault, string message)
    {
        TinyCheckpoint a = _models["a"];
        _ = fault switch
        {
            "config" => a.Remove("config.json"),
            "wide" => a.Configure("intermediate_size", 16),
            "activation" => a.Configure("hidden_act", "gelu"),
            "kind" => a.Configure("model_type", "qwen3"),
            "lacking" => a.Remove("model.layers.0.mlp.up_proj.weight"),
            "biased" => a.Add("model.layers.0.mlp.up_proj.bias", DType.F32, [8]),
            "shape" => a.Add("model.layers.0.mlp.up_proj.weight", DType.F32, [8, 8]),
            _ => _models["base"].Add("model.layers.0.self_attn.q_proj.bias", DType.F32, [4]),
        };
        Assert.Contains(message, Refusal(Random()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no base", "needs a base")]
    [InlineData("none", "no experts are named")]
    [InlineData("few", "experts_per_token is 3, and 2 stand under experts")]
    [InlineData("single", "experts_per_token is 2 where nothing is said, and 1 stands under experts")]
    [InlineData("prompts", "expert 1, 'b', has no positive_prompts")]
    [InlineData("same prompts", "all experts have the same prompts")]
    [InlineData("same models", "all experts are 'a'")]
    [InlineData("architecture", "architecture is 'gemma'; known are Mixtral, DeepSeek MoE, Qwen MoE, Qwen3 MoE")]
    [InlineData("two shared", "Qwen MoE has just one shared expert, and 2 are named")]
    [InlineData("fused", "with names for each expert only")]
    [InlineData("negative", "has no use for negative_prompts")]
    public void Build_OfWrongOptions_SaysWhatIsWrong(string fault, string message)
    {
        ExpertOptions a = new() { SourceModel = "a", PositivePrompts = ["a"] };
        ExpertOptions b = new() { SourceModel = "b", PositivePrompts = ["b"] };
        MoeOptions options = Random();
        options = fault switch
        {
            "none" => options with { Experts = [] },
            "single" => options with { Experts = [a] },
            "few" => options with { ExpertsPerToken = 3 },
            "prompts" => options with { Experts = [a, b with { PositivePrompts = [] }], GateMode = GateMode.Hidden },
            "same prompts" => options with { Experts = [a, b with { PositivePrompts = ["a"] }], GateMode = GateMode.CheapEmbed },
            "same models" => options with { Experts = [a, a with { PositivePrompts = ["b"] }] },
            "architecture" => options with { Architecture = "gemma" },
            "two shared" => options with { SharedExperts = [a, b], Architecture = "qwen" },
            "fused" => options with { Names = ExpertNames.Fused, Architecture = "deepseek" },
            "negative" => options with { Experts = [a with { NegativePrompts = ["c"] }, b], GateMode = GateMode.TrueInput },
            _ => options,
        };
        Assert.Contains(message, Refusal(options, fault == "no base"), StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfCopiesOfTheBase_WarnsThatTheyMustBeTrained() =>
        Assert.Contains(Build(Random() with { Experts = [new() { SourceModel = "base" }, new() { SourceModel = "base" }] }).Warnings,
            warning => warning.Message.Contains("only if it is trained", StringComparison.Ordinal));

    [Fact]
    public void Build_OfExpertsWithOtherPositions_Warns()
    {
        _models["a"].Configure("rope_theta", 5000);
        _models["b"].Configure("rms_norm_eps", 0.5);
        Assert.Equal(2, Build(Random()).Warnings.Count);
    }

    private static MoeOptions Random(double residualScale = 1) => new()
    {
        GateMode = GateMode.Random,
        Experts = [new() { SourceModel = "a" }, new() { SourceModel = "b", ResidualScale = residualScale }],
    };

    private void OfType(string type)
    {
        foreach ((string name, int seed) in new[] { ("base", 1), ("a", 2), ("b", 3) })
        {
            _models[name] = Dense(type, seed);
        }
    }

    private string Refusal(MoeOptions options, bool isWithoutBase = false) => Assert.Throws<BuildException>(() => isWithoutBase
        ? new MoeBuilder().Build(new BuilderContext(Models.ToDictionary(model => model.Key, model => model.Value.Open())), options)
            : Build(options)).Message;

    private float[] Values(string model, string tensor) => Read(new BlueprintSource(model, tensor));

    private static JsonObject ConfigOf(ModelBlueprint blueprint) =>
        blueprint.Companions.Single(file => file.Name == "config.json").ReadJson();

    private static TinyCheckpoint Dense(string type, int seed, int hidden = 4, int wide = 8)
    {
        TinyCheckpoint model = new TinyCheckpoint().Add("model.embed_tokens.weight", DType.F32, [6, hidden], seed);
        for (int layer = 0; layer < 2; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            model.Add(prefix + "input_layernorm.weight", DType.F32, [hidden], seed)
                .Add(prefix + "post_attention_layernorm.weight", DType.F32, [hidden], seed)
                    .Add(prefix + "self_attn.q_proj.weight", DType.F32, [4, hidden], seed)
                    .Add(prefix + "self_attn.k_proj.weight", DType.F32, [2, hidden], seed)
                    .Add(prefix + "self_attn.v_proj.weight", DType.F32, [2, hidden], seed)
                    .Add(prefix + "self_attn.o_proj.weight", DType.F32, [hidden, 4], seed)
                    .Add(prefix + "mlp.gate_proj.weight", DType.F32, [wide, hidden], seed)
                    .Add(prefix + "mlp.up_proj.weight", DType.F32, [wide, hidden], seed)
                    .Add(prefix + "mlp.down_proj.weight", DType.F32, [hidden, wide], seed);
        }

        return model.Add("model.norm.weight", DType.F32, [hidden], seed).Add("lm_head.weight", DType.F32, [6, hidden], seed)
            .AddFile("config.json", new JsonObject
            {
                ["model_type"] = type,
                ["hidden_act"] = "silu",
                ["hidden_size"] = hidden,
                ["intermediate_size"] = wide,
                ["num_hidden_layers"] = 2,
                ["rms_norm_eps"] = 1e-6,
                ["rope_theta"] = 10000,
            });
    }
}
