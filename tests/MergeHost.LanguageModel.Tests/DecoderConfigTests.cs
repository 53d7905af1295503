using System.Text.Json.Nodes;
using MergeHost.Plugins.LanguageModel.Models.Settings;

namespace MergeHost.LanguageModel.Tests;

public class DecoderConfigTests
{
    [Theory]
    [InlineData("""{"rope_theta": 500.0}""", 500)]
    [InlineData("""{"rope_parameters": {"rope_theta": 500.0, "rope_type": "default"}}""", 500)]
    [InlineData("""{"rope_theta": 500.0, "rope_scaling": null}""", 500)]
    [InlineData("{}", 10_000)]
    [InlineData("""{"architectures": ["MixtralForCausalLM"], "num_local_experts": 4, "num_experts_per_tok": 2}""", 1_000_000)]
    public void Rope_OfTransformers4And5_HasTheSameTheta(string settings, double theta) =>
        Assert.Equal(theta, DecoderConfig.Read(Config(settings)).Layers[0].Rope!.Theta);

    [Theory]
    [InlineData("LlamaForCausalLM", 1e-6)]
    [InlineData("MixtralForCausalLM", 1e-5)]
    [InlineData("Olmo2ForCausalLM", 1e-5)]
    public void NormEpsilon_WhereItIsLeftOut_IsThatOfTheArchitecture(string architecture, double epsilon) => Assert.Equal(
        epsilon, DecoderConfig.Read(
            Config($$"""{"architectures": ["{{architecture}}"], "num_local_experts": 4, "num_experts_per_tok": 2}""")).NormEpsilon);

    [Fact]
    public void Rope_OfLlama3_KeepsShortWavesAndStretchesLongOnes()
    {
        double[] found = Frequencies("""
            {"head_dim": 64, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
             "original_max_position_embeddings": 8192}}
            """);
        double[] plain = Frequencies("""{"head_dim": 64}""");
        Assert.Equal(plain[0], found[0]);
        Assert.Equal(plain[^1] / 8, found[^1], 12);
        Assert.All(plain.Zip(found),
            pair => Assert.Equal(pair.First * (Share(pair.First) + ((1 - Share(pair.First)) / 8)), pair.Second, 12));

        // All of a wave that turns four times in the original context is kept, and nothing of one that turns once.
        static double Share(double frequency) => Math.Clamp(((8192 * frequency / (2 * Math.PI)) - 1) / 3, 0, 1);

        static double[] Frequencies(string settings) => DecoderConfig.Read(Config(settings)).Layers[0].Rope!.Frequencies(1);
    }

    [Theory]
    [InlineData("num_attention_heads", "0")]
    [InlineData("num_key_value_heads", "-1")]
    [InlineData("hidden_size", "2000000000")]
    [InlineData("num_hidden_layers", "1000000000")]
    [InlineData("head_dim", "1757876445")]
    [InlineData("vocab_size", "NaN")]
    [InlineData("max_position_embeddings", "Infinity")]
    [InlineData("intermediate_size", "\"x\"")]
    [InlineData("architectures", "{}")]
    public void Read_OfANumberThatNoModelHas_NamesIt(string setting, string value)
    {
        JsonObject config = Config("{}");
        config[setting] = MergeHost.Checkpoints.PythonJson
            .Parse(System.Text.Encoding.UTF8.GetBytes(value), reason => new FormatException(reason));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => DecoderConfig.Read(config));
        Assert.Equal(ErrorCodes.BadConfig, exception.Code);
        Assert.Contains(setting, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"architectures": ["OPTForCausalLM"]}""", "architecture 'OPTForCausalLM'")]
    [InlineData("""{"rope_scaling": {"type": "proportional", "factor": 4.0}}""", "rope type 'proportional'")]
    [InlineData("""{"hidden_act": "quick_gelu"}""", "hidden_act 'quick_gelu'")]
    [InlineData("""{"layer_types": ["full_attention", "linear_attention"]}""", "layer type 'linear_attention'")]
    [InlineData("""{"architectures": ["Gemma2ForCausalLM"], "use_bidirectional_attention": true}""", "use_bidirectional_attention")]
    public void Read_OfWhatIsNotKnown_IsRefusedByName(string settings, string name)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => DecoderConfig.Read(Config(settings)));
        Assert.Equal(ErrorCodes.CheckpointNotRunnable, exception.Code);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"architectures": ["MistralForCausalLM"]}""", 4096, 4096)]
    [InlineData("""{"architectures": ["MistralForCausalLM"], "sliding_window": null}""", null, null)]
    [InlineData("""{"sliding_window": 9}""", null, null)]
    [InlineData("""{"architectures": ["Qwen2ForCausalLM"], "sliding_window": 9, "use_sliding_window": true, "max_window_layers": 1}""",
        null, 9)]
    [InlineData("""{"architectures": ["Qwen2ForCausalLM"], "use_sliding_window": true, "max_window_layers": 1}""", null, 4096)]
    [InlineData("""{"architectures": ["Qwen2ForCausalLM"], "sliding_window": null, "use_sliding_window": true, "max_window_layers": 1}""",
        null, null)]
    [InlineData("""{"architectures": ["Qwen2MoeForCausalLM"], "sliding_window": 9, "use_sliding_window": true, "num_experts": """
        + """4, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "shared_expert_intermediate_size": 8}""", 9, null)]
    [InlineData("""{"architectures": ["Qwen3MoeForCausalLM"], "sliding_window": 9, "use_sliding_window": true, "num_experts": """
        + """4, "num_experts_per_tok": 2, "moe_intermediate_size": 8}""", 9, 9)]
    [InlineData("""{"architectures": ["Qwen3MoeForCausalLM"], "sliding_window": 9, "num_experts": 4, "num_experts_per_tok": """
        + """2, "moe_intermediate_size": 8}""", null, null)]
    [InlineData("""{"architectures": ["Qwen3ForCausalLM"], "sliding_window": 9, "layer_types": ["sliding_attention", "full_attention"]}""",
        9, null)]
    public void Windows_OfLayers_AreThoseOfTheArchitecture(string settings, int? first, int? second) =>
        Assert.Equal([first, second], DecoderConfig.Read(Config(settings)).Layers.Select(layer => layer.Span.Length));

    [Theory]
    [InlineData("""{"partial_rotary_factor": 1.5}""", "'partial_rotary_factor': expected a number in (0, 1], found 1.5")]
    [InlineData("""{"rope_scaling": {"type": "longrope", "long_factor": [1.0], "short_factor": [1.0]}}""",
        "'short_factor': expected 8 numbers, found 1")]
    [InlineData("""{"rope_scaling": {"type": "yarn"}, "max_position_embeddings": "x"}""",
        "'max_position_embeddings': expected a whole number")]
    [InlineData("""{"architectures": ["SmolLM3ForCausalLM"], "no_rope_layers": [1]}""", "'no_rope_layers': expected 2 numbers, found 1")]
    [InlineData("""{"architectures": ["Gemma3ForConditionalGeneration"]}""", "'text_config': expected a mapping, found nothing")]
    public void Read_OfASettingThatDoesNotFit_NamesWhatIsExpected(string settings, string message)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => DecoderConfig.Read(Config(settings)));
        Assert.Equal(ErrorCodes.BadConfig, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenASettingIsMissing_NamesIt()
    {
        JsonObject config = Config("{}");
        config.Remove("hidden_size");
        MergeHostException exception = Assert.Throws<MergeHostException>(() => DecoderConfig.Read(config));
        Assert.Equal(ErrorCodes.BadConfig, exception.Code);
        Assert.Contains("'hidden_size': expected a whole number, found nothing", exception.Message, StringComparison.Ordinal);
    }

    private static JsonObject Config(string settings)
    {
        JsonObject config = JsonNode.Parse("""
            {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 128, "vocab_size": 256, "num_hidden_layers": 2,
             "num_attention_heads": 4, "max_position_embeddings": 512}
            """)!.AsObject();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(settings)!.AsObject())
        {
            config[name] = value?.DeepClone();
        }

        return config;
    }
}
