using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Packings.Schemes;

/// <summary>How many inputs a layer of a Llama-like model has, by its name and <c>config.json</c>.</summary>
internal static class QuantoShapes
{
    /// <summary>The inputs; <see langword="null"/> if they do not follow.</summary>
    public static long? Inputs(JsonObject config, string name)
    {
        long? hidden = config["hidden_size"].AsInt();
        long? heads = config["num_attention_heads"].AsInt();
        string module = name.Split('.')[^2];
        return module switch
        {
            "q_proj" or "k_proj" or "v_proj" or "gate_proj" or "up_proj" or "lm_head" => hidden,
            "down_proj" => config["intermediate_size"].AsInt(),
            "o_proj" => config["head_dim"].AsInt() is { } size ? size * heads : hidden,
            _ => null,
        };
    }
}
