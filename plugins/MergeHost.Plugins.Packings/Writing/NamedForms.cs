using System.Text.Json.Nodes;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>The packings that a recipe can name, as their libraries write them by default.</summary>
internal static class NamedForms
{
    private const int ByteBlock = 128;
    private const int WordGroup = 128;

    // Routers and gates choose experts by small differences; libraries leave them plain, as they do with embeddings and the head.
    private static readonly string[] _plainModules =
        ["lm_head", "embed_tokens", "gate", "router", "shared_expert_gate", "norm", "wte", "wpe", "score", "classifier", "visual",
            "vision_tower", "vision_model", "multi_modal_projector"];

    /// <summary>How a packing stores a weight; <see langword="null"/> where it leaves it plain.</summary>
    public static WeightForm? Of(string packing, TensorInfo weight)
    {
        if (weight.Shape.Rank != 2 || weight.DType.Kind != DTypeKind.Float || !weight.Name.EndsWith(".weight", StringComparison.Ordinal)
            || !IsInLayer(weight.Name)
            || WeightForm.StemOf(weight.Name).Split('.').Any(_plainModules.Contains))
        {
            return null;
        }

        WeightForm form = Make(packing);
        return form.Fits(weight.Shape) ? form : null;
    }

    /// <summary>What <c>quantization_config</c> says of it.</summary>
    /// <param name="packing">The packing.</param>
    /// <param name="ignored">The modules that are left plain.</param>
    public static JsonObject Settings(string packing, IEnumerable<string> ignored)
    {
        JsonArray names = [.. ignored.Select(name => (JsonNode)name)];
        return packing switch
        {
            "fp8-block" => new JsonObject
            {
                ["activation_scheme"] = "dynamic",
                ["fmt"] = "e4m3",
                ["modules_to_not_convert"] = names,
                ["quant_method"] = "fp8",
                ["weight_block_size"] = new JsonArray(ByteBlock, ByteBlock),
            },
            "w8a8" => CompressedTensors("int-quantized", names, Arguments(8, "int", "channel", null),
                Arguments(8, "int", "token", null, isDynamic: true)),
            "mxfp4" => CompressedTensors("mxfp4-pack-quantized", names, Arguments(4, "float", "group", 32, "torch.uint8"), null),
            "nvfp4" => CompressedTensors("nvfp4-pack-quantized", names, Arguments(4, "float", "tensor_group", 16, "torch.float8_e4m3fn"),
                null),
            "gptq" => new JsonObject
            {
                ["bits"] = 4,
                ["checkpoint_format"] = "gptq",
                ["desc_act"] = false,
                ["dynamic"] =
                    new JsonObject(ignored.Select(name =>
                        KeyValuePair.Create("-:^" + System.Text.RegularExpressions.Regex.Escape(name) + "$", (JsonNode?)new JsonObject()))),
                ["group_size"] = WordGroup,
                ["lm_head"] = false,
                ["quant_method"] = "gptq",
                ["sym"] = true,
            },
            _ => new JsonObject
            {
                ["bits"] = 4,
                ["group_size"] = WordGroup,
                ["modules_to_not_convert"] = names,
                ["quant_method"] = "awq",
                ["version"] = "gemm",
                ["zero_point"] = true,
            },
        };
    }

    private static WeightForm Make(string packing) => packing switch
    {
        "fp8-block" =>
            new StraightForm("fp8", ScaleRule.Inverse, 8, ByteBlock, ByteBlock, DType.F8_E4M3, ".weight", ".weight_scale_inv", DType.F32,
                ScaleShape.Grid),
        "w8a8" => new StraightForm("int-quantized", ScaleRule.RangeInteger, 8, 1, 0, DType.I8, ".weight", ".weight_scale", null,
            ScaleShape.Grid),
        "mxfp4" => StraightForm.PackedMxfp4(32),
        "nvfp4" => StraightForm.PackedNvfp4(16),
        "gptq" => new WordForm("gptq", 4, WordGroup, IsSymmetric: true, Added: 1, HasIndex: true, DType.F16),
        _ => new WordForm("awq", 4, WordGroup, IsSymmetric: false, Added: 0, HasIndex: false, DType.F16),
    };

    private static bool IsInLayer(string name) => name.Split('.').Any(part => part.Length > 0 && part.All(char.IsAsciiDigit));

    private static JsonObject CompressedTensors(string format, JsonArray ignored, JsonObject weights, JsonObject? activations) => new()
    {
        ["config_groups"] = new JsonObject
        {
            ["group_0"] = new JsonObject
            {
                ["format"] = format,
                ["input_activations"] = activations,
                ["output_activations"] = null,
                ["targets"] = new JsonArray("Linear"),
                ["weights"] = weights,
            },
        },
        ["format"] = format,
        ["global_compression_ratio"] = null,
        ["ignore"] = ignored,
        ["kv_cache_scheme"] = null,
        ["quant_method"] = "compressed-tensors",
        ["quantization_status"] = "compressed",
    };

    private static JsonObject Arguments(int bits, string type, string strategy, int? group, string? scaleType = null,
        bool isDynamic = false)
    {
        JsonObject fields = new()
        {
            ["dynamic"] = isDynamic,
            ["group_size"] = group,
            ["num_bits"] = bits,
            ["strategy"] = strategy,
            ["symmetric"] = true,
            ["type"] = type
        };
        if (scaleType is not null)
        {
            fields["scale_dtype"] = scaleType;
        }

        return fields;
    }
}
