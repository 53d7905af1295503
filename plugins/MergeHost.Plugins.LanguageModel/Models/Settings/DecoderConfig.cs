using System.Text.Json.Nodes;

namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>The shape of a language model.</summary>
internal sealed record DecoderConfig
{
    /// <summary>What its kind does otherwise than Llama.</summary>
    public required DecoderArchitecture Architecture { get; init; }

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

    public required ActivationKind Activation { get; init; }

    /// <summary>Whether the output head is the embedding; <see langword="null"/> where the tensors must tell.</summary>
    public required bool? TiesEmbeddings { get; init; }

    /// <summary>Factors and caps.</summary>
    public required ModelScales Scales { get; init; }

    /// <summary>The experts that layers have in place of one network; <see langword="null"/> for none.</summary>
    public required MixtureConfig? Mixture { get; init; }

    public required IReadOnlyList<LayerConfig> Layers { get; init; }

    /// <summary>The longest text whose rotations do not depend on its length; <see langword="null"/> where none's do.</summary>
    public int? SteadyLength => Layers.Min(layer => layer.Rope?.SteadyLength);

    /// <summary>Reads a <c>config.json</c> in the style of transformers 4 or 5.</summary>
    /// <exception cref="MergeHostException">MH6003: the model is of a kind that is not known here;
    /// MH2013: a setting is missing or wrong.</exception>
    public static DecoderConfig Read(JsonObject json)
    {
        string name = new ConfigReader(json).Texts("architectures") is [string first, ..]
            ? first
            : throw ModelException.Config("architectures", "a list of texts", "nothing");
        DecoderArchitecture architecture = Architectures.Find(name);
        JsonObject settings = Complete(json, architecture);
        ConfigReader config = new(settings);
        if (config.Find<bool>("use_bidirectional_attention") == true)
        {
            throw ModelException.Unsupported("use_bidirectional_attention", "false");
        }

        ActivationKind activation = Activations.Find(config.Text("hidden_act") ?? "silu");
        int heads = config.Size("num_attention_heads");
        int hidden = config.Size("hidden_size");
        int headSize = config.FindSize("head_dim") ?? hidden / heads;
        ModelScales scales = architecture.Scales(config);
        return new DecoderConfig
        {
            Architecture = architecture,
            VocabularySize = config.Size("vocab_size"),
            HiddenSize = hidden,
            FeedForwardSize = config.FindSize("intermediate_size_mlp")
                ?? (architecture.Names.Gate is null
                    ? config.FindSize("intermediate_size") ?? 4 * hidden
                    : config.Size("intermediate_size")),
            Heads = heads,
            KeyValueHeads = config.FindSize("num_key_value_heads") ?? heads,
            HeadSize = headSize,
            MaxPositions = config.Size("max_position_embeddings"),
            NormEpsilon = config.Find<double>("rms_norm_eps") ?? 1e-6,
            Activation = activation,
            TiesEmbeddings = config.Find<bool>("tie_word_embeddings"),
            Scales = scales,
            Mixture = MixtureConfig.Read(config, architecture.Name),
            Layers = ReadLayers(settings, config, architecture, headSize, scales),
        };
    }

    // The text model's settings under the names used here, with what is left out.
    private static JsonObject Complete(JsonObject json, DecoderArchitecture architecture)
    {
        JsonObject settings = json;
        if (architecture.Section is { } section)
        {
            settings = json[section] as JsonObject ?? throw ModelException.Config(section, "a mapping", "nothing");
        }

        settings = (JsonObject)settings.DeepClone();
        settings["architectures"] = new JsonArray(architecture.Name);
        foreach ((string name, string own) in architecture.Aliases)
        {
            if (settings[name] is { } value)
            {
                settings[own] = value.DeepClone();
            }
        }

        foreach ((string name, JsonNode? value) in architecture.Defaults)
        {
            if (!settings.ContainsKey(name))
            {
                settings[name] = value?.DeepClone();
            }
        }

        return settings;
    }

    private static LayerConfig[] ReadLayers(JsonObject settings, ConfigReader config, DecoderArchitecture architecture, int headSize,
        ModelScales scales)
    {
        int layers = config.Size("num_hidden_layers", 10_000);
        IReadOnlyList<string>? types = config.Texts("layer_types");
        if (types is not null && types.Count != layers)
        {
            throw ModelException.Config("layer_types", $"{layers} texts", $"{types.Count}");
        }

        RopeConfig? rope = architecture.Names.Positions is null ? RopeConfig.Read(settings, headSize) : null;
        RopeConfig? local = architecture.HasLocalRotation ? RopeConfig.ReadLocal(settings, headSize) : rope;
        QueryTemperature? temperature = config.Find<bool>("attn_temperature_tuning") == true
            ? new(config.Get<double>("floor_scale"), config.Get<double>("attn_scale"))
            : null;
        bool normalizes = config.Find<bool>("use_qk_norm") == true;
        bool byLayer = config.Find<bool>("scale_attn_by_inverse_layer_idx") == true;
        double scale = scales.Attention ?? (1 / Math.Sqrt(headSize));
        bool[] rotates = ReadRotations(config, architecture, layers);
        return [.. Enumerable.Range(0, layers).Select(layer =>
        {
            AttentionSpan span = Span(types?[layer] ?? architecture.LayerType(config, layer, rotates[layer]), config);
            return new LayerConfig(
                span, !rotates[layer] ? null : span.Length is null ? rope : local, byLayer ? scale / (layer + 1) : scale,
                normalizes && rotates[layer], rotates[layer] ? null : temperature);
        })];
    }

    private static bool[] ReadRotations(ConfigReader config, DecoderArchitecture architecture, int layers)
    {
        if (!architecture.SkipsRotations)
        {
            return [.. Enumerable.Repeat(true, layers)];
        }

        if (config.Integers("no_rope_layers") is not { Count: > 0 } said)
        {
            int interval = config.FindSize("no_rope_layer_interval") ?? 4;
            return [.. Enumerable.Range(0, layers).Select(layer => (layer + 1) % interval != 0)];
        }

        return said.Count >= layers
            ? [.. said.Take(layers).Select(rotates => rotates != 0)]
            : throw ModelException.Config("no_rope_layers", $"{layers} numbers", $"{said.Count}");
    }

    private static AttentionSpan Span(string type, ConfigReader config) => type switch
    {
        LayerTypes.Full => new(null, false),
        LayerTypes.Sliding => new(config.Window() ?? throw ModelException.Config("sliding_window", "a whole number", "nothing"), false),
        LayerTypes.Chunked => new(config.FindSize("attention_chunk_size"), true),
        _ => throw ModelException.Unsupported($"layer type '{type}'", $"{LayerTypes.Full}, {LayerTypes.Sliding}, {LayerTypes.Chunked}"),
    };
}
