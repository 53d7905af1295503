using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>The settings of a model, from GGUF's metadata to <c>config.json</c> and back.</summary>
internal static class ConfigMap
{
    private const int MostSize = 1 << 24;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>Makes <c>config.json</c> of a file's metadata.</summary>
    /// <param name="metadata">The metadata.</param>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="tensors">The tensors, as Hugging Face has them.</param>
    /// <param name="made">Tensors that follow from settings.</param>
    /// <exception cref="CheckpointException">A value has another type than it must have.</exception>
    public static byte[] ToConfig(Metadata metadata, ModelArchitecture architecture, IReadOnlyList<TensorInfo> tensors,
        IReadOnlyList<MadeTensor> made)
    {
        JsonObject config = new() { ["architectures"] = new JsonArray(architecture.Hub[0]) };
        foreach ((string key, JsonNode value) in architecture.Config)
        {
            config[key] = value.DeepClone();
        }

        foreach (ArchitectureSetting key in architecture.Keys)
        {
            if (key.Target is { } name && !config.ContainsKey(name)
                && key.InGguf(gguf => Number(metadata, $"{architecture.Name}.{gguf}")) is { } value and not 0)
            {
                config[name] = key.IsReal ? Real(value) : (long)value;
            }
        }

        if (RopeScaling.ToConfig(metadata, architecture, made) is { } scaling)
        {
            config["rope_scaling"] = scaling;
        }

        SetToken(config, "bos_token_id", metadata.Whole("tokenizer.ggml.bos_token_id"));
        SetToken(config, "eos_token_id", metadata.Whole("tokenizer.ggml.eos_token_id"));
        SetToken(config, "pad_token_id", metadata.Whole("tokenizer.ggml.padding_token_id"));
        SetTensors(config, architecture, tensors);
        return JsonSerializer.SerializeToUtf8Bytes(config, _indented);
    }

    /// <summary>The metadata that say what <c>config.json</c> says.</summary>
    /// <param name="known">What a GGUF file said of the model; keys that it did not have are not added to it.</param>
    /// <exception cref="CheckpointException">A setting has a wrong type.</exception>
    public static IEnumerable<MetadataEntry> ToMetadata(string path, JsonObject config, ModelArchitecture architecture, Metadata? known)
    {
        if (architecture.Assumes.FirstOrDefault(setting =>
            !setting.Value.Any(value => JsonNode.DeepEquals(value, config[setting.Key]))) is (string other, JsonArray values))
        {
            throw new CheckpointException(new Problem(ErrorCodes.BadConfig,
                $"{path}: config.json: {other} is {config[other]?.Words() ?? "not there"}, and programs that read GGUF's architecture "
                    + $"'{architecture.Name}' take it to be {values[0].Words()}",
                "Store the model as safetensors."));
        }

        foreach (ArchitectureSetting key in architecture.Keys.Where(key => key.Gguf.Count > 0))
        {
            if (key.InHub(name => Number(path, config, name, isWhole: !key.IsReal && key.Hub.Contains(name))) is { } value)
            {
                if (!(Math.Abs(value) <= Most(key)) || (!key.IsReal && value < 0))
                {
                    throw new CheckpointException(new Problem(ErrorCodes.BadConfig,
                        string.Create(CultureInfo.InvariantCulture,
                            $"{path}: config.json: {key.Hub[0]} is {value}, for which GGUF's '{key.Id}' has no place")));
                }

                foreach (string name in key.Gguf.Select(gguf => $"{architecture.Name}.{gguf}")
                    .Where(name => known is null || known.Find(name) is not null))
                {
                    yield return key.IsReal ? MetadataEntry.Of(name, (float)value) : MetadataEntry.Of(name, (uint)value);
                }
            }
        }
    }

    // Lengths of contexts have no bound; sizes become loops and rooms.
    private static double Most(ArchitectureSetting key) =>
        key.IsReal
            ? float.MaxValue
            : key.Id.EndsWith("length", StringComparison.Ordinal) && !key.Id.EndsWith("context_length", StringComparison.Ordinal)
                || key.Id.EndsWith("count", StringComparison.Ordinal)
                ? MostSize
                : uint.MaxValue;

    /// <summary>A whole number of <c>config.json</c>, or <see langword="null"/>.</summary>
    public static long? Whole(JsonObject config, string name) =>
        Find(config, name) is JsonValue value && value.TryGetValue(out long number) ? number : null;

    /// <summary>A number of <c>config.json</c>, or <see langword="null"/> if it is not there.</summary>
    /// <param name="path">The folder, for messages.</param>
    /// <param name="config">The settings.</param>
    /// <param name="name">The setting; what comes before a dot is one that holds it.</param>
    /// <param name="isWhole">Whether it must be whole, and from 0 up.</param>
    /// <exception cref="CheckpointException">It is something else.</exception>
    public static double? Number(string path, JsonObject config, string name, bool isWhole = false) => Find(config, name) switch
    {
        null => null,
        JsonValue whole when isWhole && whole.TryGetValue(out uint number) => number,
        JsonValue real when !isWhole && real.AsNumber() is { } number && double.IsFinite(number) => number,
        { } value => throw new CheckpointException(new Problem(
            ErrorCodes.BadConfig,
            $"{path}: config.json: {name} is {value.Words()}; it must be "
                + $"a {(isWhole ? "whole number from 0 to 4,294,967,295" : "finite number")}")),
    };

    /// <summary>
    /// The shortest decimals that give the same single: 1E-05, where the double nearest to it would be 9.999999747378752E-06. A point tells
    /// programs that the number is real.
    /// </summary>
    public static JsonNode Real(double value)
    {
        string text = ((float)value).ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text)!;
    }

    private static JsonNode? Find(JsonObject config, string name)
    {
        string[] parts = name.Split('.');
        JsonObject? holder = config;
        foreach (string part in parts[..^1])
        {
            holder = holder?[part] as JsonObject;
        }

        return holder?[parts[^1]];
    }

    private static double? Number(Metadata metadata, string key)
    {
        if (metadata.Find(key) is not { } entry)
        {
            return null;
        }

        double value = entry.Real ?? throw metadata.WrongType(entry, "a number");
        return double.IsFinite(value) && value >= 0 ? value : throw metadata.WrongType(entry, "finite, and from 0 up");
    }

    // Many files do not state the number of tokens; the embedding has a row for each.
    private static void SetTensors(JsonObject config, ModelArchitecture architecture, IReadOnlyList<TensorInfo> tensors)
    {
        string embedding = architecture.Tensors.First(tensor => tensor.Gguf == "token_embd.weight").Hub;
        if (!config.ContainsKey("vocab_size") && tensors.FirstOrDefault(tensor => tensor.Name == embedding) is { Shape.Rank: 2 } rows)
        {
            config["vocab_size"] = rows.Shape[0];
        }

        foreach ((string name, string ending) in architecture.Flags)
        {
            string[] flagged = [.. architecture.Tensors.Where(tensor => tensor.Gguf.EndsWith(ending, StringComparison.Ordinal))
                .Select(tensor => tensor.HubIn(0))];
            if (tensors.Any(tensor => flagged.Contains(tensor.Name)))
            {
                config[name] = true;
            }
        }

        string? head = architecture.Tensors.FirstOrDefault(tensor => tensor.Gguf == "output.weight")?.Hub;
        config["tie_word_embeddings"] = !tensors.Any(tensor => tensor.Name == head);
    }

    private static void SetToken(JsonObject config, string name, long? id)
    {
        if (id is not null)
        {
            config[name] = id;
        }
    }
}
