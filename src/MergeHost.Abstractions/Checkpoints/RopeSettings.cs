using System.Globalization;
using System.Text.Json.Nodes;

namespace MergeHost.Checkpoints;

/// <summary>How positions are rotated, by a <c>config.json</c> in the style of transformers 5, of 4, or of both at once.</summary>
/// <remarks>
/// The order is that of transformers 5.12: <c>rope_scaling</c>, unless it is empty, takes the place of <c>rope_parameters</c>
/// as a whole; what it does not hold of <c>rope_theta</c> and <c>partial_rotary_factor</c> is looked for beside it. Of layers
/// of several kinds those of full attention count.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2104.09864"/>
public static class RopeSettings
{
    private const string Theta = "rope_theta";
    private const string Partial = "partial_rotary_factor";
    private const string OriginalLength = "original_max_position_embeddings";
    private const string Parameters = "rope_parameters";
    private const string Scaling = "rope_scaling";

    private static readonly string[] _lengthened = ["llama3", "yarn", "longrope"];

    /// <summary>The settings as one object: always with <c>rope_type</c>, and with <c>rope_theta</c> where the file has it.</summary>
    /// <param name="config">The settings of the model, or of its text model.</param>
    /// <returns>A copy, which the caller may change.</returns>
    public static JsonObject Read(JsonObject config)
    {
        JsonObject rope = (JsonObject)Chosen(config).DeepClone();
        bool isPhi = config["architectures"].At(0).AsText()?.StartsWith("Phi3", StringComparison.Ordinal) == true;

        // Phi 3 has had two other names for its kind.
        string kind = (rope["rope_type"].AsText() ?? rope["type"].AsText()) switch
        {
            null => "default",
            "su" => "longrope",
            "yarn" when isPhi => "longrope",
            string other => other
        };
        rope.Remove("type");
        rope["rope_type"] = kind;
        Default(rope, Theta, config[Theta]);
        Default(rope, Partial, config[Partial]);
        if (_lengthened.Contains(kind))
        {
            // Phi 3 has the length of its first training beside the settings, 4,096 by default, and goes by that.
            if (isPhi)
            {
                rope[OriginalLength] = config[OriginalLength]?.DeepClone() ?? 4096;
            }

            Default(rope, OriginalLength, config["max_position_embeddings"]);
        }

        return rope;
    }

    /// <summary>A configuration in which <c>rope_theta</c> and the like say beside all others what counts, so
    /// that names can be looked up one by one.</summary>
    /// <returns>A copy.</returns>
    public static JsonObject Spread(JsonObject config)
    {
        JsonObject rope = Read(config);
        JsonObject spread = (JsonObject)config.DeepClone();
        foreach (string name in (string[])[Theta, Partial, OriginalLength])
        {
            if (rope[name] is { } value)
            {
                spread[name] = value.DeepClone();
            }
        }

        if (config[Scaling] is JsonObject { Count: > 0 } || config[Parameters].Find("full_attention") is null)
        {
            spread.Remove(Parameters);
        }

        return spread;
    }

    /// <summary>What a file says of rotations that does not count, since something else in it does;
    /// <see langword="null"/> if nothing contradicts.</summary>
    public static string? Contradiction(JsonObject config)
    {
        JsonObject rope = Read(config);
        if (config[Parameters] is JsonObject { Count: > 0 } parameters && config[Scaling] is JsonObject { Count: > 0 } scaling
            && !JsonNode.DeepEquals(parameters, scaling))
        {
            return $"rope_scaling takes the place of rope_parameters beside it, as in transformers 5: {rope.Words()}";
        }

        return config[Theta].AsNumber() is { } beside && Chosen(config)[Theta].AsNumber() is { } theta && beside != theta
            ? string.Create(CultureInfo.InvariantCulture,
                $"rope_theta {beside} does not count beside "
                    + $"the {theta} of {(config[Scaling] is JsonObject { Count: > 0 } ? Scaling : Parameters)}, as in transformers 5")
            : null;
    }

    private static JsonObject Chosen(JsonObject config)
    {
        JsonObject rope = config[Scaling] is JsonObject { Count: > 0 } scaling ? scaling : config[Parameters] as JsonObject ?? [];
        return rope["full_attention"] as JsonObject ?? rope;
    }

    private static void Default(JsonObject rope, string name, JsonNode? value)
    {
        if (rope[name] is null && value is not null)
        {
            rope[name] = value.DeepClone();
        }
    }
}
