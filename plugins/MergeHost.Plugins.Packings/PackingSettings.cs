using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings;

/// <summary>What a checkpoint's files say of how its weights are packed.</summary>
/// <param name="Fields">The settings.</param>
/// <param name="Method">The packing's name: <c>quant_method</c>, or what the file or the fields imply;
/// <see langword="null"/> if nothing does.</param>
/// <param name="Place">Where they stand, for messages.</param>
internal sealed record PackingSettings(JsonObject Fields, string? Method, string Place)
{
    private static readonly string[] _fields = ["quantization_config", "compression_config", "quantization"];

    private static readonly string[] _parts = ["text_config", "llm_config", "language_config"];

    private static readonly (string File, string Method)[] _files =
        [("hf_quant_config.json", "modelopt"), ("quantize_config.json", "gptq"), ("quant_config.json", "awq")];

    /// <summary>Finds them in <c>config.json</c>, or in the file of its own that some packings have.</summary>
    public static PackingSettings? Find(JsonObject? config, IReadOnlyList<CompanionFile> companions)
    {
        foreach ((JsonObject part, string place) in Parts(config))
        {
            foreach (string field in _fields)
            {
                if (part[field] is JsonObject { Count: > 0 } fields)
                {
                    return new(fields, fields["quant_method"].AsText() ?? (IsMlx(fields) ? "mlx" : null), $"config.json: {place}{field}");
                }
            }
        }

        foreach ((string name, string method) in _files)
        {
            if (companions.FirstOrDefault(file => file.Name == name) is { } file)
            {
                JsonObject fields = file.ReadJson();
                fields = fields["quantization"] as JsonObject ?? fields;
                return new(fields, fields["quant_method"].AsText() ?? method, name);
            }
        }

        return null;
    }

    /// <summary>The companions of a checkpoint whose weights are plain.</summary>
    public static IReadOnlyList<CompanionFile> Remove(IReadOnlyList<CompanionFile> companions)
    {
        List<CompanionFile> kept = [];
        foreach (CompanionFile file in companions.Where(file => Array.TrueForAll(_files, packing => packing.File != file.Name)))
        {
            if (file.Name != "config.json")
            {
                kept.Add(file);
                continue;
            }

            JsonObject config = file.ReadJson();
            bool isChanged = false;
            foreach (JsonObject part in Parts(config).Select(part => part.Part))
            {
                foreach (string field in _fields)
                {
                    isChanged |= part.Remove(field);
                }
            }

            kept.Add(isChanged ? CompanionFile.FromBytes(file.Name, PythonJson.Indented(config)) : file);
        }

        return kept;
    }

    /// <summary>The companions of a checkpoint whose weights are packed as another's are.</summary>
    /// <param name="companions">Those of the checkpoint, which say nothing of packings.</param>
    /// <param name="packed">Those of the other.</param>
    /// <param name="edit">Changes the settings to what is true of this one.</param>
    public static IReadOnlyList<CompanionFile> Restore(IReadOnlyList<CompanionFile> companions, IReadOnlyList<CompanionFile> packed,
        Action<JsonObject> edit)
    {
        List<CompanionFile> restored = [.. companions];
        foreach (CompanionFile file in packed)
        {
            if (Array.Exists(_files, packing => packing.File == file.Name))
            {
                JsonObject fields = file.ReadJson();
                edit(fields["quantization"] as JsonObject ?? fields);
                restored.Add(CompanionFile.FromBytes(file.Name, PythonJson.Indented(fields)));
            }
            else if (file.Name == "config.json" && restored.FindIndex(other => other.Name == file.Name) is var index and >= 0)
            {
                JsonObject config = restored[index].ReadJson();
                foreach (((JsonObject from, string place),
                    string field) in Parts(file.ReadJson()).SelectMany(part => _fields.Select(field => (part, field))))
                {
                    if (from[field] is JsonObject fields && (place.Length == 0 ? config : config[place.TrimEnd('.')]) is JsonObject to)
                    {
                        fields = (JsonObject)fields.DeepClone();
                        edit(fields);
                        to[field] = fields;
                    }
                }

                restored[index] = CompanionFile.FromBytes(file.Name, PythonJson.Indented(config));
            }
        }

        return restored;
    }

    /// <summary>The companions of a checkpoint whose weights are packed.</summary>
    /// <param name="companions">Those of the checkpoint, which say nothing of packings.</param>
    /// <param name="fields">How they are packed.</param>
    public static IReadOnlyList<CompanionFile> Add(IReadOnlyList<CompanionFile> companions, JsonObject fields) =>
        [.. companions.Select(file =>
        {
            if (file.Name != "config.json")
            {
                return file;
            }

            JsonObject config = file.ReadJson();
            config[_fields[0]] = fields;
            return CompanionFile.FromBytes(file.Name, PythonJson.Indented(config));
        })];

    /// <summary>The error of settings that cannot be.</summary>
    public CheckpointException Fail(string reason, string? hint = null) =>
        new(new Problem(ErrorCodes.BadConfig, $"{Place}: {reason}", hint));

    /// <summary>The error of a packing, or a kind of it, that is not read.</summary>
    public CheckpointException Unsupported(string what) =>
        new(new Problem(ErrorCodes.ContentUnsupported, $"{Place}: {what}", "Merge the model that was quantised, and quantise the result."));

    private static IEnumerable<(JsonObject Part, string Place)> Parts(JsonObject? config)
    {
        if (config is null)
        {
            yield break;
        }

        yield return (config, "");
        foreach (string name in _parts)
        {
            if (config[name] is JsonObject part)
            {
                yield return (part, name + ".");
            }
        }
    }

    private static bool IsMlx(JsonObject fields) => fields["bits"].AsInt() is not null && fields.ContainsKey("group_size");
}
