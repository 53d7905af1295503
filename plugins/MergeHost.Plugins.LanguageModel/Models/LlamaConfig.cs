using System.Text.Json.Nodes;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The shape of a model of the Llama family.</summary>
internal sealed record LlamaConfig
{
    private const string Gemma2 = "Gemma2ForCausalLM";

    private static readonly string[] _architectures = ["LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM", Gemma2, .. MixtureConfig.Architectures];

    public required int VocabularySize { get; init; }

    public required int HiddenSize { get; init; }

    public required int FeedForwardSize { get; init; }

    public required int Heads { get; init; }

    /// <summary>Heads of keys and values, each shared by as many heads of queries.</summary>
    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    /// <summary>The longest context that the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>What the root mean square of a norm is kept away from zero by.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Whether the output head is the embedding; <see langword="null"/> where the tensors must tell.</summary>
    public required bool? TiesEmbeddings { get; init; }

    /// <summary>Whether norms add 1 to their weights and stand behind attention and feed-forward network, too, the embedding is scaled, and gates are GELU.</summary>
    public required bool IsGemma { get; init; }

    /// <summary>What the products of queries and keys are divided by the square root of; <see langword="null"/> for the size of a head.</summary>
    public required double? AttentionScale { get; init; }

    /// <summary>What these products are capped at, softly; <see langword="null"/> for no cap.</summary>
    public required double? AttentionCap { get; init; }

    /// <summary>What logits are capped at, softly; <see langword="null"/> for no cap.</summary>
    public required double? LogitCap { get; init; }

    /// <summary>The experts that layers have in place of one network; <see langword="null"/> for none.</summary>
    public required MixtureConfig? Mixture { get; init; }

    public required RopeConfig Rope { get; init; }

    /// <summary>How many tokens each layer looks back, itself included; <see langword="null"/> for all.</summary>
    public required IReadOnlyList<int?> Windows { get; init; }

    /// <summary>Reads a <c>config.json</c> in the style of transformers 4 or 5.</summary>
    /// <exception cref="MergeHostException">MH6003: the model is of a kind that is not known here; MH2013: a setting is missing or wrong.</exception>
    public static LlamaConfig Read(JsonObject json)
    {
        ConfigReader config = new(json);
        string architecture = config.Texts("architectures") is [string first, ..] ? first : throw ModelException.Config("architectures", "a list of texts", "nothing");
        if (!_architectures.Contains(architecture))
        {
            throw ModelException.Unsupported($"architecture '{architecture}'", string.Join(", ", _architectures));
        }

        bool isGemma = architecture == Gemma2;
        (string name, string known) = isGemma ? ("hidden_activation", "gelu_pytorch_tanh") : ("hidden_act", "silu");
        if (config.Text(name) is { } activation && activation != known)
        {
            throw ModelException.Unsupported($"{name} '{activation}'", known);
        }

        int heads = config.Size("num_attention_heads");
        int hidden = config.Size("hidden_size");
        return new LlamaConfig
        {
            VocabularySize = config.Size("vocab_size"),
            HiddenSize = hidden,
            FeedForwardSize = config.Size("intermediate_size"),
            Heads = heads,
            KeyValueHeads = config.FindSize("num_key_value_heads") ?? heads,
            HeadSize = config.FindSize("head_dim") ?? hidden / heads,
            MaxPositions = config.Size("max_position_embeddings"),
            NormEpsilon = config.Find<double>("rms_norm_eps") ?? 1e-6,
            TiesEmbeddings = config.Find<bool>("tie_word_embeddings") ?? (isGemma ? true : null),
            IsGemma = isGemma,
            AttentionScale = isGemma ? config.Find<double>("query_pre_attn_scalar") : null,
            AttentionCap = isGemma ? config.Find<double>("attn_logit_softcapping") : null,
            LogitCap = isGemma ? config.Find<double>("final_logit_softcapping") : null,
            Mixture = MixtureConfig.Read(config, architecture),
            Rope = RopeConfig.Read(json),
            Windows = ReadWindows(config, architecture),
        };
    }

    private static int?[] ReadWindows(ConfigReader config, string architecture)
    {
        int layers = config.Size("num_hidden_layers", 10_000);

        // Qwen 2's mixtures write 0 for none.
        int? window = config.Find<int>("sliding_window") == 0 ? null : config.FindSize("sliding_window");
        if (architecture is "MistralForCausalLM" or "MixtralForCausalLM")
        {
            // Mistral's first models do not say it, and mean 4,096.
            int? all = config.Has("sliding_window") || architecture == "MixtralForCausalLM" ? window : 4096;
            return [.. Enumerable.Repeat(all, layers)];
        }

        if (architecture == Gemma2 && !config.Has("layer_types"))
        {
            // Before the list there was a rule: every second layer looks back at all.
            return [.. Enumerable.Range(0, layers).Select(layer => layer % 2 == 0 ? window : null)];
        }

        if (config.Texts("layer_types") is { } types)
        {
            return types.Count == layers
                ? [.. types.Select(type => Window(type, window))]
                : throw ModelException.Config("layer_types", $"{layers} texts", $"{types.Count}");
        }

        bool slides = config.Find<bool>("use_sliding_window") ?? false;
        int full = slides ? config.Find<int>("max_window_layers") ?? layers : layers;
        return [.. Enumerable.Range(0, layers).Select(layer => layer < full ? null : window)];
    }

    private static int? Window(string type, int? window) => type switch
    {
        "full_attention" => null,
        "sliding_attention" => window ?? throw ModelException.Config("sliding_window", "a whole number", "nothing"),
        _ => throw ModelException.Unsupported($"layer type '{type}'", "full_attention, sliding_attention"),
    };
}
