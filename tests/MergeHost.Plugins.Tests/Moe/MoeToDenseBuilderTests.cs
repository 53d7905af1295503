using System.Text.Json.Nodes;
using MergeHost.Builders;
using MergeHost.Plugins.Moe.Dense;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Moe;

/// <summary>Dense models of tiny mixtures.</summary>
public sealed class MoeToDenseBuilderTests : ModelBuilderContract<MoeToDenseBuilder>
{
    private readonly TinyCheckpoint _mixture = Mixture("mixtral");

    protected override IReadOnlyDictionary<string, TinyCheckpoint> Models => new Dictionary<string, TinyCheckpoint> { ["m"] = _mixture };

    protected override object Options => new MoeToDenseOptions { Model = "m" };

    [Fact]
    public void Build_OfAMixture_IsTheMeanOfItsExperts()
    {
        ModelBlueprint blueprint = Build();
        float[] mean = [.. Expert(0, "w2").Zip(Expert(1, "w2"), (a, b) => (0.5f * a) + (0.5f * b))];
        Assert.Equal(mean, Make(blueprint)["model.layers.0.mlp.down_proj.weight"]);
        Assert.Equal(Read(new("m", "model.embed_tokens.weight")), Make(blueprint)["model.embed_tokens.weight"]);
        Assert.DoesNotContain(blueprint.Tensors, tensor => tensor.Name.Contains("gate.weight", StringComparison.Ordinal));
        JsonObject config = blueprint.Companions.Single(file => file.Name == "config.json").ReadJson();
        Assert.Equal(("mistral", "MistralForCausalLM"), ((string)config["model_type"]!, (string)config["architectures"]![0]!));
        Assert.False(config.ContainsKey("num_local_experts"));
    }

    [Fact]
    public void Build_WithWeights_IsTheirMean()
    {
        float[] expected = [.. Expert(0, "w3").Zip(Expert(1, "w3"), (a, b) => (0.25f * a) + (0.75f * b))];
        Assert.Equal(expected, Make(Build(new MoeToDenseOptions { Model = "m", Weights = [1, 3] }))["model.layers.0.mlp.up_proj.weight"]);
    }

    [Theory]
    [InlineData("weights", "has 2 experts, and weights are 3, with a sum of 6")]
    [InlineData("zeros", "has 2 experts, and weights are 2, with a sum of 0")]
    [InlineData("shared", "has a shared expert ('model.layers.0.mlp.shared_expert.up_proj.weight')")]
    [InlineData("kind", "is of model_type olmoe")]
    [InlineData("dense", "is no mixture")]
    [InlineData("lacking", "has 1 tensors like 'model.layers.0.block_sparse_moe.experts.0.w3.weight', expected 2")]
    [InlineData("layers", "has experts in 1 of 2 layers")]
    public void Build_OfWhatMakesNoDenseModel_SaysWhy(string fault, string message)
    {
        MoeToDenseOptions options = new() { Model = "m" };
        switch (fault)
        {
            case "weights":
                options = options with { Weights = [1, 2, 3] };
                break;
            case "zeros":
                options = options with { Weights = [1, -1] };
                break;
            case "shared":
                _mixture.Add("model.layers.0.mlp.shared_expert.up_proj.weight", DType.F32, [6, 4]);
                break;
            case "kind":
                _mixture.Configure("model_type", "olmoe");
                break;
            case "dense":
                _mixture.Configure("num_local_experts", null);
                break;
            case "lacking":
                _mixture.Remove("model.layers.0.block_sparse_moe.experts.1.w3.weight");
                break;
            default:
                _mixture.Configure("num_hidden_layers", 2);
                break;
        }

        Assert.Contains(message, Assert.Throws<BuildException>(() => Build(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_WithoutTheSharedExpert_ExcusesIt()
    {
        _mixture.Add("model.layers.0.mlp.shared_expert.up_proj.weight", DType.F32, [6, 4]);
        Assert.Contains(Build(new MoeToDenseOptions { Model = "m", DropSharedExpert = true }).Excused,
            excused => excused.Rule == "shared_expert");
    }

    private float[] Expert(int expert, string part) => Read(new("m", $"model.layers.0.block_sparse_moe.experts.{expert}.{part}.weight"));

    private static TinyCheckpoint Mixture(string type)
    {
        TinyCheckpoint mixture = new TinyCheckpoint().Add("model.embed_tokens.weight", DType.F32, [5, 4])
            .Add("model.layers.0.block_sparse_moe.gate.weight", DType.F32, [2, 4]);
        for (int expert = 0; expert < 2; expert++)
        {
            string prefix = $"model.layers.0.block_sparse_moe.experts.{expert}.";
            mixture.Add(prefix + "w1.weight", DType.F32, [6, 4]).Add(prefix + "w3.weight", DType.F32, [6, 4])
                .Add(prefix + "w2.weight", DType.F32, [4, 6]);
        }

        return mixture.AddFile("config.json", new JsonObject
        {
            ["model_type"] = type,
            ["architectures"] = new JsonArray("MixtralForCausalLM"),
            ["intermediate_size"] = 6,
            ["num_hidden_layers"] = 1,
            ["num_local_experts"] = 2,
            ["num_experts_per_tok"] = 1,
        });
    }
}
