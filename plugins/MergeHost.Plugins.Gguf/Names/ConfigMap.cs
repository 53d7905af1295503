using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>The settings of a model, from GGUF's metadata to <c>config.json</c> and back.</summary>
internal static class ConfigMap
{
    private const string EmbeddingKey = "tokenizer.ggml.tokens";

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Makes <c>config.json</c> of a file's metadata.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="hasHead">Whether the head has a tensor of its own.</param>
    /// <exception cref="CheckpointException">A value has another type than it must have.</exception>
    public static byte[] ToConfig(Metadata metadata, Architecture architecture, bool hasHead)
    {
        JsonObject config = new() { ["architectures"] = new JsonArray(architecture.Hub[0]) };
        foreach ((string key, string value) in architecture.Config)
        {
            config[key] = value;
        }

        foreach (ConfigKey key in architecture.Keys)
        {
            if (metadata.Find($"{architecture.Name}.{key.Gguf[0]}") is { } entry)
            {
                config[key.Hub] = key.IsReal ? RealOf(metadata, entry) : metadata.Whole(entry.Key);
            }
        }

        SetToken(config, "bos_token_id", metadata.Whole("tokenizer.ggml.bos_token_id"));
        SetToken(config, "eos_token_id", metadata.Whole("tokenizer.ggml.eos_token_id"));
        if (!config.ContainsKey("vocab_size") && metadata.Find(EmbeddingKey) is { } tokens)
        {
            config["vocab_size"] = tokens.Count;
        }

        config["tie_word_embeddings"] = !hasHead;
        return JsonSerializer.SerializeToUtf8Bytes(config, _indented);
    }

    /// <summary>The metadata that say what <c>config.json</c> says.</summary>
    /// <param name="known">What a GGUF file said of the model; keys that it did not have are not added to it.</param>
    /// <exception cref="CheckpointException">A setting has a wrong type, or GGUF has no place for it.</exception>
    public static IEnumerable<MetadataEntry> ToMetadata(string path, JsonObject config, Architecture architecture, Metadata? known)
    {
        if (known is null && Rope(config)?["rope_type"] is { } type && type.ToString() is not "default")
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.BadConfig, $"{path}: config.json: positions are scaled by '{type}', which cannot be written to GGUF yet", "Store the model as safetensors."));
        }

        foreach (ConfigKey key in architecture.Keys)
        {
            if (Find(config, key.Hub) is { } value)
            {
                foreach (string name in key.Gguf.Select(gguf => $"{architecture.Name}.{gguf}").Where(name => known is null || known.Find(name) is not null))
                {
                    yield return Entry(path, name, key, value);
                }
            }
        }
    }

    /// <summary>A whole number of <c>config.json</c>, or <see langword="null"/>.</summary>
    public static long? Whole(JsonObject config, string name) =>
        Find(config, name) is JsonValue value && value.TryGetValue(out long number) ? number : null;

    // What newer configurations keep under rope_parameters, and what follows from other settings.
    private static JsonNode? Find(JsonObject config, string name) => (config[name], name) switch
    {
        ({ } value, _) => value,
        (_, "rope_theta") => Rope(config)?["rope_theta"],
        (_, "head_dim") when Whole(config, "hidden_size") is { } width && Whole(config, "num_attention_heads") is > 0 and { } heads => JsonValue.Create(width / heads),
        _ => null,
    };

    private static JsonObject? Rope(JsonObject config) => config["rope_parameters"] as JsonObject ?? config["rope_scaling"] as JsonObject;

    private static MetadataEntry Entry(string path, string name, ConfigKey key, JsonNode value) => value switch
    {
        JsonValue real when key.IsReal && real.TryGetValue(out double number) => MetadataEntry.Of(name, (float)number),
        JsonValue whole when !key.IsReal && whole.TryGetValue(out uint number) => MetadataEntry.Of(name, number),
        _ => throw new CheckpointException(new Problem(
            ErrorCodes.BadConfig, $"{path}: config.json: {key.Hub} is {value.ToJsonString()}; it must be a {(key.IsReal ? "number" : "whole number from 0 to 4,294,967,295")}")),
    };

    // The shortest decimals that give the same single: 1E-05, where the double nearest to it would be 9.999999747378752E-06.
    private static JsonValue RealOf(Metadata metadata, MetadataEntry entry)
    {
        double value = entry.Real ?? throw metadata.WrongType(entry, "a number");
        double shortest = double.Parse(((float)value).ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return double.IsFinite(shortest) ? JsonValue.Create(shortest) : throw metadata.WrongType(entry, "finite");
    }

    private static void SetToken(JsonObject config, string name, long? id)
    {
        if (id is not null)
        {
            config[name] = id;
        }
    }
}
