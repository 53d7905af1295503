using System.Text.Json.Nodes;

namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>The kinds of models that are known here.</summary>
/// <remarks>Values that are left out are those of transformers 5.12.</remarks>
internal static class Architectures
{
    private static readonly DecoderTensors _wrapped = new() { Roots = ["model.language_model.", "language_model.model."] };

    private static readonly string[] _pictures = ["vision_tower.", "vision_model.", "multi_modal_projector."];

    private static readonly DecoderArchitecture _mistral =
        new("MistralForCausalLM") { Defaults = Parse("""{"sliding_window": 4096}"""), LayerType = Windows };

    private static readonly DecoderArchitecture _qwen2 = new("Qwen2ForCausalLM")
    {
        Defaults = Parse("""{"sliding_window": 4096, "max_window_layers": 28}"""),
        LayerType = (config, layer, _) => HasWindows(config) && layer >= config.Get<int>("max_window_layers")
            ? LayerTypes.Sliding
            : LayerTypes.Full,
    };

    private static readonly DecoderArchitecture _gemma2 = new("Gemma2ForCausalLM")
    {
        Aliases = new Dictionary<string, string> { ["hidden_activation"] = "hidden_act" },
        Defaults = Parse("""
            {"hidden_act": "gelu_pytorch_tanh", "head_dim": 256, "tie_word_embeddings": true, "query_pre_attn_scalar": 256,
             "sliding_window": 4096,
             "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0}
            """),
        Names = new()
        {
            AttendedNorm = "post_attention_layernorm",
            NetworkNorm = "pre_feedforward_layernorm",
            FedNorm = "post_feedforward_layernorm"
        },
        Norm = NormKind.RmsPlusOne,
        Scales = config => new(
            Embedding: Math.Sqrt(config.Size("hidden_size")), Attention: Root(config.Get<double>("query_pre_attn_scalar")),
            AttentionCap: config.Find<double>("attn_logit_softcapping"), LogitCap: config.Find<double>("final_logit_softcapping")),
        LayerType = (_, layer, _) => layer % 2 == 0 ? LayerTypes.Sliding : LayerTypes.Full,
    };

    // Its attention has no cap, whatever the settings say.
    private static readonly DecoderArchitecture _gemma3 = _gemma2 with
    {
        Name = "Gemma3ForCausalLM",
        Defaults = Parse("""
            {"hidden_act": "gelu_pytorch_tanh", "tie_word_embeddings": true, "query_pre_attn_scalar": 256, "sliding_window": 4096,
             "rope_theta": 1000000.0,
             "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8,
             "num_key_value_heads": 4,
             "head_dim": 256, "max_position_embeddings": 131072}
            """),
        HasLocalRotation = true,
        Scales = config => new(
            Embedding: Math.Sqrt(config.Size("hidden_size")), Attention: Root(config.Get<double>("query_pre_attn_scalar")),
            LogitCap: config.Find<double>("final_logit_softcapping")),
        LayerType = (config, layer,
            _) => (layer + 1) % (config.FindSize("sliding_window_pattern") ?? config.FindSize("_sliding_window_pattern") ?? 6) == 0
                ? LayerTypes.Full
                : LayerTypes.Sliding,
    };

    private static readonly DecoderArchitecture _llama4 = new("Llama4ForCausalLM")
    {
        Defaults = Parse("""
            {"rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": false, "attention_chunk_size": 8192,
             "num_experts_per_tok": 1,
             "vocab_size": 202048, "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "num_hidden_layers": 48,
             "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 131072,
             "num_local_experts": 16,
             "use_qk_norm": true, "attn_temperature_tuning": true, "floor_scale": 8192, "attn_scale": 0.1}
            """),
        Names = new() { Network = "feed_forward" },
        RotatesNeighbours = true,
        SkipsRotations = true,
        LayerType = (_, _, rotates) => rotates ? LayerTypes.Chunked : LayerTypes.Full,
    };

    private static readonly DecoderArchitecture[] _all =
    [
        new("LlamaForCausalLM"),
        _mistral,
        _qwen2,
        _qwen2 with { Name = "Qwen3ForCausalLM" },
        _gemma2,
        _gemma3,
        _gemma3 with
        {
            Name = "Gemma3ForConditionalGeneration",
            Section = "text_config",
            Names = Wrapped(_gemma3.Names),
            Unneeded = _pictures
        },
        new("Phi3ForCausalLM")
        {
            Defaults = Parse("""{"rms_norm_eps": 1e-5}"""),
            Names = new() { QueryKeyValue = "qkv_proj", GateUp = "gate_up_proj" },
            LayerType = Windows,
        },
        new("SmolLM3ForCausalLM")
        {
            Defaults = Parse("""{"rope_theta": 2000000.0}"""),
            SkipsRotations = true,
            LayerType = (config, _, rotates) => HasWindows(config) && !rotates ? LayerTypes.Sliding : LayerTypes.Full,
        },
        new("Olmo2ForCausalLM")
        {
            Defaults = Parse("""{"rms_norm_eps": 1e-5}"""),
            Names = new()
            {
                AttentionNorm = null,
                AttendedNorm = "post_attention_layernorm",
                NetworkNorm = null,
                FedNorm = "post_feedforward_layernorm"
            },
            NormsAllHeads = true,
        },
        new("GraniteForCausalLM")
        {
            Scales = config => new(
                config.Find<double>("embedding_multiplier"), config.Find<double>("attention_multiplier") ?? 1,
                config.Find<double>("residual_multiplier"),
                1 / config.Find<double>("logits_scaling")),
        },
        new("GPT2LMHeadModel")
        {
            Aliases = new Dictionary<string, string>
            {
                ["n_embd"] =
                    "hidden_size", ["n_layer"] =
                        "num_hidden_layers", ["n_head"] = "num_attention_heads", ["n_positions"] = "max_position_embeddings",
                ["n_inner"] = "intermediate_size", ["layer_norm_epsilon"] = "rms_norm_eps", ["activation_function"] = "hidden_act",
            },
            Defaults = Parse("""
                {"vocab_size": 50257, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
                 "max_position_embeddings": 1024, "rms_norm_eps": 1e-5,
                 "hidden_act": "gelu_new", "tie_word_embeddings": true}
                """),
            Names = new()
            {
                Roots = ["transformer.",
                    ""], Embedding =
                        "wte", Positions = "wpe", Layers = "h", LastNorm = "ln_f", AttentionNorm = "ln_1", NetworkNorm = "ln_2",
                Attention = "attn", QueryKeyValue = "c_attn", Output = "c_proj", Gate = null, Up = "c_fc", Down = "c_proj",
            },

            // Old checkpoints hold the masks.
            Unneeded = [".attn.bias", ".attn.masked_bias"],
            IsTransposed = true,
            Norm = NormKind.Layer,
            Scales = config => new(Attention: config.Find<bool>("scale_attn_weights") == false ? 1 : null),
        },
        _mistral with { Name = MixtureConfig.Mixtral, Defaults = Parse("""{"rms_norm_eps": 1e-5, "rope_theta": 1000000.0}""") },
        _qwen2 with
        {
            Name = MixtureConfig.Qwen2,
            LayerType = (config, layer, _) => HasWindows(config) && layer % 2 == 0 && layer < config.Get<int>("max_window_layers")
                ? LayerTypes.Sliding
                : LayerTypes.Full,
        },
        _qwen2 with { Name = MixtureConfig.Qwen3, LayerType = (config, _, _) => HasWindows(config) ? LayerTypes.Sliding : LayerTypes.Full },
        _llama4,
        _llama4 with
        {
            Name = "Llama4ForConditionalGeneration",
            Section = "text_config",
            Names = Wrapped(_llama4.Names),
            Unneeded = _pictures
        },
    ];

    /// <summary>The kind of a name.</summary>
    /// <exception cref="MergeHostException">MH6003: it is not known here.</exception>
    public static DecoderArchitecture Find(string name) => Array.Find(_all, architecture => architecture.Name == name)
        ?? throw ModelException.Unsupported($"architecture '{name}'", string.Join(", ", _all.Select(architecture => architecture.Name)));

    // Models of texts and pictures put their text model's names behind another.
    private static DecoderTensors Wrapped(DecoderTensors names) => names with { Roots = _wrapped.Roots };

    private static double Root(double scalar) => 1 / Math.Sqrt(scalar);

    private static string Windows(ConfigReader config, int layer, bool rotates) =>
        config.Window() is null ? LayerTypes.Full : LayerTypes.Sliding;

    // Some have windows only where they are asked for.
    private static bool HasWindows(ConfigReader config) => config.Find<bool>("use_sliding_window") == true && config.Window() is not null;

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
