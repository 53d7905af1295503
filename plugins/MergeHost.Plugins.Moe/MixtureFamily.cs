using System.Text.Json.Nodes;
using MergeHost.Plugins.Moe.Naming;

namespace MergeHost.Plugins.Moe;

/// <summary>A kind of mixture: what it is made of, how its tensors are called, and what its <c>config.json</c> says.</summary>
/// <param name="Name">As mergekit-moe calls it.</param>
/// <param name="ModelType">Its <c>model_type</c>.</param>
/// <param name="Architecture">Its class.</param>
/// <param name="Inputs">The <c>model_type</c> of dense models that it can be made of.</param>
internal sealed record MixtureFamily(string Name, string ModelType, string Architecture, IReadOnlyList<string> Inputs)
{
    /// <summary>What stands between a layer's name and those of its experts.</summary>
    public string Block { get; private init; } = "mlp";

    /// <summary>The names of an expert's three weights where each has a tensor of its own.</summary>
    public IReadOnlyList<string> Parts { get; private init; } = PartNames.Usual;

    /// <summary>The name of a shared expert, or <see langword="null"/> if there can be none.</summary>
    public string? Shared { get; private init; }

    /// <summary>Whether just one shared expert is asked for, with a gate of its own.</summary>
    public bool GatesShared { get; private init; }

    /// <summary>Whether experts can be in one tensor.</summary>
    public bool CanFuse { get; private init; } = true;

    /// <summary>The attention's projections that may have a bias.</summary>
    public IReadOnlyList<string> Biases { get; private init; } = [];

    /// <summary>Whether those must have one, if only zeros.</summary>
    public bool NeedsBiases { get; private init; }

    /// <summary>Whether queries and keys have norms.</summary>
    public bool NormsQueries { get; private init; }

    /// <summary>Sets what the configuration says of the mixture.</summary>
    public required Action<JsonObject, int, int, bool> Configure { get; init; }

    /// <summary>All there are, in the order in which they are tried.</summary>
    public static IReadOnlyList<MixtureFamily> All { get; } =
    [
        new("Mixtral", "mixtral", "MixtralForCausalLM", ["llama", "mistral"])
        {
            Block = "block_sparse_moe",
            Parts = PartNames.Mixtral,
            Configure = (config, experts, perToken, _) =>
            {
                Count(config, experts, perToken);
                Set(config, "router_jitter_noise", JsonNode.Parse("0.0")!);
                config["sliding_window"] = null;
            },
        },
        new("DeepSeek MoE", "deepseek", "DeepseekForCausalLM", ["llama", "mistral"])
        {
            Shared = "shared_experts",
            CanFuse = false,
            Biases = ["q_proj", "k_proj", "v_proj", "o_proj"],
            Configure = (config, experts, perToken, isShared) =>
            {
                const string code = "deepseek-ai/deepseek-moe-16b-base--";
                config["n_routed_experts"] = experts;
                config["n_shared_experts"] = isShared ? 1 : null;
                config["num_experts_per_tok"] = perToken;
                config["first_k_dense_replace"] = 0;
                config["moe_layer_freq"] = 1;
                config["scoring_func"] = "softmax";
                config["norm_topk_prob"] = true;
                config["moe_intermediate_size"] = config["intermediate_size"]?.DeepClone();
                config["auto_map"] = new JsonObject
                {
                    ["AutoConfig"] = code + "configuration_deepseek.DeepseekConfig",
                    ["AutoModel"] = code + "modeling_deepseek.DeepseekModel",
                    ["AutoModelForCausalLM"] = code + "modeling_deepseek.DeepseekForCausalLM",
                };

                // Its code is older than transformers 5, and reads nothing else.
                config["rope_theta"] ??= Checkpoints.RopeSettings.Read(config)["rope_theta"]?.DeepClone();
            },
        },
        new("Qwen MoE", "qwen2_moe", "Qwen2MoeForCausalLM", ["qwen2", "llama", "mistral"])
        {
            Shared = "shared_expert",
            GatesShared = true,
            Biases = ["q_proj", "k_proj", "v_proj"],
            NeedsBiases = true,
            Configure = (config, experts, perToken, _) =>
            {
                Sparse(config, experts, perToken);
                config["shared_expert_intermediate_size"] = config["intermediate_size"]?.DeepClone();
                config["qkv_bias"] = true;
            },
        },
        new("Qwen3 MoE", "qwen3_moe", "Qwen3MoeForCausalLM", ["qwen3"])
        {
            Biases = ["q_proj", "k_proj", "v_proj", "o_proj"],
            NormsQueries = true,
            Configure = (config, experts, perToken, _) => Sparse(config, experts, perToken),
        },
    ];

    /// <summary>The name of a weight of an expert.</summary>
    public string Expert(int layer, int expert, Part part) => $"{Prefix(layer)}experts.{expert}.{Parts[(int)part]}.weight";

    /// <summary>The name of the tensor that holds the gates and then the ups of each expert of a layer, or the downs.</summary>
    public static string Fused(int layer, bool isDown) => $"model.layers.{layer}.mlp.experts.{(isDown ? "down_proj" : "gate_up_proj")}";

    /// <summary>The name of a router.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="isFused">Whether the experts are in one tensor.</param>
    public string Router(int layer, bool isFused) => $"{(isFused ? $"model.layers.{layer}.mlp." : Prefix(layer))}gate.weight";

    /// <summary>The name of a weight of the shared expert.</summary>
    public string SharedExpert(int layer, Part part) => $"{Prefix(layer)}{Shared}.{Parts[(int)part]}.weight";

    /// <summary>The name of the gate of the shared expert.</summary>
    public string SharedGate(int layer) => $"{Prefix(layer)}shared_expert_gate.weight";

    private string Prefix(int layer) => $"model.layers.{layer}.{Block}.";

    private static void Sparse(JsonObject config, int experts, int perToken)
    {
        Count(config, experts, perToken);
        config["moe_intermediate_size"] = config["intermediate_size"]?.DeepClone();
        config["norm_topk_prob"] = true;
        config["decoder_sparse_step"] = 1;
        config["mlp_only_layers"] = new JsonArray();
    }

    // Transformers 4 reads one name where transformers 5 writes the other.
    private static void Count(JsonObject config, int experts, int perToken)
    {
        config["num_local_experts"] = experts;
        config["num_experts"] = experts;
        config["num_experts_per_tok"] = perToken;
        Set(config, "output_router_logits", false);
        Set(config, "router_aux_loss_coef", 0.001);
    }

    private static void Set(JsonObject config, string name, JsonNode value) => config[name] ??= value;
}
