using System.Text.Json.Nodes;
using MergeHost.Plugins.LanguageModel.Models;

namespace MergeHost.LanguageModel.Tests;

public class LlamaConfigTests
{
    [Theory]
    [InlineData("""{"rope_theta": 500.0}""", 500)]
    [InlineData("""{"rope_parameters": {"rope_theta": 500.0, "rope_type": "default"}}""", 500)]
    [InlineData("""{"rope_theta": 500.0, "rope_scaling": null}""", 500)]
    [InlineData("{}", 10_000)]
    public void Rope_OfTransformers4And5_HasTheSameTheta(string settings, double theta) =>
        Assert.Equal(theta, LlamaConfig.Read(Config(settings)).Rope.Theta);

    [Fact]
    public void Rope_OfLlama3_KeepsShortWavesAndStretchesLongOnes()
    {
        RopeConfig rope = LlamaConfig.Read(Config("""
            {"rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}}
            """)).Rope;
        Assert.Equal(1.0, rope.Frequency(1.0));
        Assert.Equal(1e-4 / 8, rope.Frequency(1e-4), 12);
        // 2.5 turns in the original context lie halfway between 1 and 4.
        double middle = 2.5 * 2 * Math.PI / 8192;
        Assert.Equal(middle * (0.5 + (0.5 / 8)), rope.Frequency(middle), 12);
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
        config[setting] = MergeHost.Checkpoints.PythonJson.Parse(System.Text.Encoding.UTF8.GetBytes(value), reason => new FormatException(reason));
        MergeHostException exception = Assert.Throws<MergeHostException>(() => LlamaConfig.Read(config));
        Assert.Equal(ErrorCodes.BadConfig, exception.Code);
        Assert.Contains(setting, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"architectures": ["GPT2LMHeadModel"]}""", "architecture 'GPT2LMHeadModel'")]
    [InlineData("""{"rope_scaling": {"type": "yarn", "factor": 4.0}}""", "rope type 'yarn'")]
    [InlineData("""{"hidden_act": "gelu"}""", "hidden_act 'gelu'")]
    [InlineData("""{"partial_rotary_factor": 0.5}""", "partial_rotary_factor")]
    [InlineData("""{"layer_types": ["full_attention", "chunked_attention"]}""", "layer type 'chunked_attention'")]
    public void Read_OfWhatIsNotKnown_IsRefusedByName(string settings, string name)
    {
        MergeHostException exception = Assert.Throws<MergeHostException>(() => LlamaConfig.Read(Config(settings)));
        Assert.Equal(ErrorCodes.CheckpointNotRunnable, exception.Code);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"architectures": ["MistralForCausalLM"]}""", 4096, 4096)]
    [InlineData("""{"architectures": ["MistralForCausalLM"], "sliding_window": null}""", null, null)]
    [InlineData("""{"sliding_window": 9}""", null, null)]
    [InlineData("""{"architectures": ["Qwen2ForCausalLM"], "sliding_window": 9, "use_sliding_window": true, "max_window_layers": 1}""", null, 9)]
    [InlineData("""{"architectures": ["Qwen3ForCausalLM"], "sliding_window": 9, "layer_types": ["sliding_attention", "full_attention"]}""", 9, null)]
    public void Windows_OfLayers_AreThoseOfTheArchitecture(string settings, int? first, int? second) =>
        Assert.Equal([first, second], LlamaConfig.Read(Config(settings)).Windows);

    [Fact]
    public void Read_WhenASettingIsMissing_NamesIt()
    {
        JsonObject config = Config("{}");
        config.Remove("hidden_size");
        MergeHostException exception = Assert.Throws<MergeHostException>(() => LlamaConfig.Read(config));
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
