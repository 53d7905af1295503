using System.Globalization;
using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>How positions are scaled for long contexts: keys and made tensors in GGUF, <c>rope_scaling</c> or
/// <c>rope_parameters</c> in <c>config.json</c>.</summary>
internal static class RopeScaling
{
    private const int MostWidth = 1 << 16;
    private const string Llama3 = "llama3";
    private const string LongRope = "longrope";
    private const string TypeKey = "rope.scaling.type";
    private const string OriginalLength = "original_max_position_embeddings";

    // What configurations spell alike for both ways, in the order of GGUF; a factor must be there.
    private static readonly (string Hub, string Gguf)[] _settings =
    [
        ("factor", "rope.scaling.factor"),
        (OriginalLength, "rope.scaling.original_context_length"),
        ("extrapolation_factor", "rope.scaling.yarn_ext_factor"),
        ("attention_factor", "rope.scaling.yarn_attn_factor"),
        ("beta_fast", "rope.scaling.yarn_beta_fast"),
        ("beta_slow", "rope.scaling.yarn_beta_slow"),
    ];

    /// <summary>The tensors that say how positions are scaled; they are never merged.</summary>
    public static IReadOnlyList<string> Made { get; } = [RopeFactors.Llama3Name, RopeFactors.LongName, RopeFactors.ShortName];

    /// <summary>What GGUF has for a configuration.</summary>
    /// <exception cref="CheckpointException">GGUF has no place for it, or a setting is missing.</exception>
    public static (IReadOnlyList<MetadataEntry> Entries, IReadOnlyList<MadeTensor> Made) ToGguf(string path, JsonObject config,
        ModelArchitecture architecture)
    {
        JsonObject rope = RopeSettings.Read(config);
        string type = rope["rope_type"].AsText()!;
        if (type == "default")
        {
            return ([], []);
        }

        if (!architecture.Scaling.Contains(type))
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.BadConfig,
                $"{path}: config.json: positions are scaled by '{CheckpointException.Printable(type)}', which cannot be written to GGUF "
                    + $"for '{architecture.Name}'",
                "Store the model as safetensors."));
        }

        // What is missing may stand beside it.
        double? Find(string name) => ConfigMap.Number(path, rope, name) ?? ConfigMap.Number(path, config, name);
        double Must(string name) => Find(name) ?? throw new CheckpointException(new Problem(
            ErrorCodes.BadConfig, $"{path}: config.json: positions are scaled by '{type}', and '{name}' is not there"));
        return type switch
        {
            Llama3 => ([],
                [RopeFactors.OfLlama3(Find("rope_theta") ?? 10_000, HeadWidth(Must, Find), Must("factor"), Must("low_freq_factor"),
                    Must("high_freq_factor"), Must(OriginalLength))]),
            LongRope => LongRopeOf(path, rope, architecture, Must("max_position_embeddings"), Must(OriginalLength)),
            _ => ([MetadataEntry.Of($"{architecture.Name}.{TypeKey}", type),
                .. Settings(architecture, type == "yarn" ? _settings : _settings[..1], Must, Find)], []),
        };
    }

    /// <summary><c>rope_scaling</c> of a file, or <see langword="null"/> if positions are not scaled or it cannot be told how.</summary>
    /// <exception cref="CheckpointException">A value has another type than it must have.</exception>
    public static JsonObject? ToConfig(Metadata metadata, ModelArchitecture architecture, IReadOnlyList<MadeTensor> made)
    {
        if (RopeFactors.Find(made, RopeFactors.Llama3Name) is { } factors)
        {
            return Llama3Of(metadata, architecture, factors);
        }

        if (RopeFactors.Find(made, RopeFactors.LongName) is { } longFactors
            && RopeFactors.Find(made, RopeFactors.ShortName) is { } shortFactors)
        {
            return new JsonObject
            {
                ["rope_type"] = LongRope,
                ["long_factor"] = Numbers(longFactors),
                ["short_factor"] = Numbers(shortFactors)
            };
        }

        if (metadata.Text($"{architecture.Name}.{TypeKey}") is not { } type || !architecture.Scaling.Contains(type))
        {
            return null;
        }

        JsonObject scaling = new() { ["rope_type"] = type };
        foreach ((string hub, string gguf) in _settings)
        {
            if (metadata.Find($"{architecture.Name}.{gguf}") is { } entry)
            {
                scaling[hub] = hub == OriginalLength
                    ? metadata.Whole(entry.Key)
                    : ConfigMap.Real(entry.Real is { } value && double.IsFinite(value)
                        ? value
                        : throw metadata.WrongType(entry, "a finite number"));
            }
        }

        return scaling;
    }

    private static IEnumerable<MetadataEntry> Settings(
        ModelArchitecture architecture, (string Hub, string Gguf)[] settings, Func<string, double> must, Func<string, double?> find)
    {
        foreach ((string hub, string gguf) in settings)
        {
            if ((hub is "factor" or OriginalLength ? must(hub) : find(hub)) is { } value)
            {
                string key = $"{architecture.Name}.{gguf}";
                yield return hub == OriginalLength ? MetadataEntry.Of(key, (uint)value) : MetadataEntry.Of(key, (float)value);
            }
        }
    }

    private static int HeadWidth(Func<string, double> must, Func<string, double?> find) =>
        (find("head_dim") ?? (must("hidden_size") / must("num_attention_heads"))) is var width && width is >= 1 and <= MostWidth
            ? (int)width
            : throw new CheckpointException(new Problem(
                ErrorCodes.BadConfig,
                string.Create(CultureInfo.InvariantCulture, $"config.json: a head is {width} wide; it must be in [1, {MostWidth:N0}]")));

    // Attention is sharpened by √(1 + ln s / ln n), with s for how much longer than n, the length it was trained for, contexts are.
    private static (IReadOnlyList<MetadataEntry> Entries, IReadOnlyList<MadeTensor> Made) LongRopeOf(
        string path, JsonObject rope, ModelArchitecture architecture, double length, double originalLength)
    {
        double times = length / originalLength;
        double sharpening = times > 1 ? Math.Sqrt(1 + (Math.Log(times) / Math.Log(originalLength))) : 1;
        return (
            [MetadataEntry.Of($"{architecture.Name}.rope.scaling.attn_factor", (float)sharpening)],
            [RopeFactors.Of(RopeFactors.LongName, Numbers(path, rope, "long_factor")),
                RopeFactors.Of(RopeFactors.ShortName, Numbers(path, rope, "short_factor"))]);
    }

    private static float[] Numbers(string path, JsonObject rope, string name) =>
        rope[name] is JsonArray list && list.All(number => number.AsNumber() is not null)
            ? [.. list.Select(number => (float)number.AsNumber()!.Value)]
            : throw new CheckpointException(new Problem(
                ErrorCodes.BadConfig,
                $"{path}: config.json: {name} is {rope[name]?.Words() ?? "not there"}; it must be a list of numbers"));

    private static JsonArray Numbers(float[] factors) => [.. factors.Select(factor => ConfigMap.Real(factor))];

    private static JsonObject? Llama3Of(Metadata metadata, ModelArchitecture architecture, float[] factors)
    {
        double theta = metadata.Find($"{architecture.Name}.rope.freq_base")?.Real ?? 10_000;
        return RopeFactors.Solve(factors, theta, metadata.Whole($"{architecture.Name}.context_length") ?? 0) is { } settings
            ? new JsonObject
            {
                ["rope_type"] = Llama3,
                ["factor"] = ConfigMap.Real(settings.Factor),
                ["low_freq_factor"] = ConfigMap.Real(settings.Low),
                ["high_freq_factor"] = ConfigMap.Real(settings.High),
                [OriginalLength] = settings.OriginalLength,
            }
            : null;
    }
}
