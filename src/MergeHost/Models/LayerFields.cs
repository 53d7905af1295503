using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Models;

/// <summary>Reads from <c>config.json</c> what it says of single layers: lists with an entry for each,
/// lists of numbers of layers, and rules.</summary>
internal static class LayerFields
{
    private static readonly string[] _countKeys = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"];

    // How many layers at the beginning are of one kind.
    private static readonly string[] _leading = ["first_k_dense_replace", "num_dense_layers", "n_dense_layers", "n_dense_first_layers",
        "moe_layer_start_index"];

    // One layer of each so many, the first at an offset.
    private static readonly (string Period, string Offset)[] _periods =
        [("attn_layer_period", "attn_layer_offset"), ("expert_layer_period", "expert_layer_offset")];

    // Lists of numbers of layers, and lists that have an entry for each, whatever their numbers look like.
    private static readonly string[] _numberLists =
    [
        "moe_layers", "attn_layer_indices", "mlp_only_layers", "full_attn_idxs", "global_attn_layers", "cross_attention_layers",
        "hybrid_layer_ids",
        "dense_layers", "moe_layer_indices",
    ];

    private static readonly string[] _entryLists = ["layer_types", "no_rope_layers", "attention_layers", "layers_block_type", "block_types",
        "mlp_layer_types"];

    private static readonly string[] _numberEndings = ["_layers", "_indices", "_indexes", "_idxs", "_idx", "_ids"];

    // In Kimi's linear_attn_config; they count from 1.
    private static readonly string[] _nested = ["kda_layers", "full_attn_layers"];

    /// <summary>Rules that ask for every so-manieth layer, the first at the end of its group; the second field,
    /// where it is there, goes before them.</summary>
    public static IReadOnlyList<(string Step, string? List)> Steps { get; } =
        [("interleave_moe_layer_step", "moe_layers"), ("full_attention_interval", "layer_types"), ("moe_layer_interval", null),
            ("decoder_sparse_step", null)];

    /// <inheritdoc cref="_leading"/>
    public static IReadOnlyList<string> Leading => _leading;

    /// <inheritdoc cref="_periods"/>
    public static IReadOnlyList<(string Period, string Offset)> Periods => _periods;

    /// <inheritdoc cref="_nested"/>
    public static IReadOnlyList<string> Nested => _nested;

    /// <summary>The part of a configuration that describes the layers of text.</summary>
    public static JsonObject TextOf(JsonObject config) => config["text_config"] as JsonObject ?? config;

    /// <summary>The name of the field that counts layers.</summary>
    public static string CountKey(JsonObject text) => _countKeys.FirstOrDefault(text.ContainsKey) ?? _countKeys[0];

    /// <summary>How many layers a configuration says there are, or <see langword="null"/>.</summary>
    public static int? Count(JsonObject? config) => config is null ? null : Number(TextOf(config), CountKey(TextOf(config)));

    /// <summary>How many layers the stack has that numbers of layers to predict further tokens are
    /// added to; no limit where there are none.</summary>
    public static int CountWithoutPredictors(JsonObject? config) =>
        config is not null && Number(TextOf(config), "num_nextn_predict_layers") > 0 ? Count(config) ?? int.MaxValue : int.MaxValue;

    /// <summary>Whether several layers share the tensors of one, as in ALBERT.</summary>
    public static bool SharesLayers(JsonObject config) => TextOf(config).ContainsKey("num_hidden_groups");

    /// <summary>The whole number in a field, or <see langword="null"/>.</summary>
    public static int? Number(JsonObject config, string key) => config[key].AsInt();

    /// <summary>The whole numbers in a list; <see langword="null"/> if it holds anything else.</summary>
    public static IReadOnlyList<int>? Numbers(JsonNode? node)
    {
        if (node is not JsonArray list)
        {
            return null;
        }

        List<int> numbers = [];
        foreach (JsonNode? item in list)
        {
            if (item.AsInt() is not { } number)
            {
                return null;
            }

            numbers.Add(number);
        }

        return numbers;
    }

    /// <summary>Whether a field lists numbers of layers.</summary>
    public static bool IsNumberList(string key, JsonNode? value, int layers)
    {
        if (Numbers(value) is not { } numbers || _entryLists.Contains(key))
        {
            return false;
        }

        bool ascends = numbers.Count > 0 && numbers[0] >= 0 && numbers[^1] < layers
            && numbers.Zip(numbers.Skip(1)).All(pair => pair.First < pair.Second);
        return _numberLists.Contains(key)
            || (ascends && (numbers.Count != layers || layers > 2)
                && _numberEndings.Any(ending => key.EndsWith(ending, StringComparison.Ordinal)));
    }

    /// <summary>Whether a field has an entry for each layer: a list, or a text of one letter for each.</summary>
    public static bool IsEntryList(string key, JsonNode? value, int layers) => value switch
    {
        JsonArray list =>
            list.Count == layers && key != "architectures" && !key.Contains("token", StringComparison.Ordinal)
                && !IsNumberList(key, value, layers),
        JsonValue text => key.Contains("pattern", StringComparison.Ordinal) && text.AsText()?.Length == layers,
        _ => false,
    };

    /// <summary>What each field says of the kind of a layer, by its name; what says least of the tensors stands first.</summary>
    public static IReadOnlyList<(string Name, Func<int, string> KindOf)> Read(JsonObject text, int layers)
    {
        List<(string, Func<int, string>)> fields = [];
        foreach ((string key, JsonNode? value) in text.Where(field => IsEntryList(field.Key, field.Value, layers)))
        {
            fields.Add((key,
                value is JsonArray list ? layer => list[layer]?.ToJsonString() ?? "" : layer => value.AsText()![layer].ToString()));
        }

        bool isSparse = Number(text, "decoder_sparse_step") > 0;
        foreach ((string key,
            JsonNode? value) in text.Where(field => IsNumberList(field.Key, field.Value, layers)
                && !(isSparse && field.Key == "mlp_only_layers")))
        {
            IReadOnlyList<int> numbers = Numbers(value)!;
            fields.Add((key, layer => $"{numbers.Contains(layer)}"));
        }

        foreach ((string key, int count) in Present(text, _leading))
        {
            fields.Add((key, layer => $"{layer < count}"));
        }

        foreach ((string period, string offset) in _periods.Where(rule => Number(text, rule.Period) > 0))
        {
            fields.Add((period, layer => $"{IsAt(layer, Number(text, period)!.Value, Number(text, offset) ?? 0)}"));
        }

        // A rule gives way to its list, and says the same.
        foreach ((string step,
            string? list) in Steps.Where(rule => Number(text, rule.Step) > (isSparse ? 0 : 1)
                && (rule.List is null || text[rule.List] is null)))
        {
            IReadOnlyList<int> dense = step == "decoder_sparse_step" ? Numbers(text["mlp_only_layers"]) ?? [] : [];
            int every = Number(text, step)!.Value;
            fields.Add((list ?? step, layer => (list, IsAt(layer, every, every - 1) && !dense.Contains(layer)) switch
            {
                ("layer_types", bool isFull) => isFull ? "\"full_attention\"" : "\"linear_attention\"",
                (_, bool isIn) => $"{isIn}",
            }));
        }

        foreach ((string key, int every) in Present(text, ["moe_layer_freq"]).Where(field => field.Number > 1))
        {
            fields.Add((key, layer => $"{IsAt(layer, every, 0)}"));
        }

        foreach ((string key, int last) in Present(text, ["moe_layer_end_index"]).Where(field => field.Number >= 0))
        {
            fields.Add((key, layer => $"{layer > last}"));
        }

        foreach (string key in _nested)
        {
            if (Numbers((text["linear_attn_config"] as JsonObject)?[key]) is { } numbers)
            {
                fields.Add((key, layer => $"{numbers.Contains(layer + 1)}"));
            }
        }

        return fields;
    }

    /// <summary>Whether a layer is one of those that stand a period apart.</summary>
    public static bool IsAt(int layer, int period, int offset) => layer % period == offset;

    private static IEnumerable<(string Key, int Number)> Present(JsonObject text, string[] keys) =>
        keys.Where(key => Number(text, key) is not null).Select(key => (key, Number(text, key)!.Value));
}
