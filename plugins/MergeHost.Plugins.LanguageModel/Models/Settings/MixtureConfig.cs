namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>The experts of a mixture.</summary>
internal sealed record MixtureConfig
{
    public const string Mixtral = "MixtralForCausalLM";
    public const string Qwen2 = "Qwen2MoeForCausalLM";
    public const string Qwen3 = "Qwen3MoeForCausalLM";

    // Its settings have another beginning where it reads pictures, too.
    private const string Llama4 = "Llama4";

    public required int Experts { get; init; }

    /// <summary>How many experts a token is sent to.</summary>
    public required int PerToken { get; init; }

    public required int FeedForwardSize { get; init; }

    /// <summary>The size of the expert that every token goes through; <see langword="null"/> if there is none.</summary>
    public required int? SharedSize { get; init; }

    /// <summary>Whether the expert that every token goes through has a gate.</summary>
    public required bool GatesShared { get; init; }

    /// <summary>
    /// Whether a token is multiplied with an expert's likelihood, taken for itself, before it goes through the expert, and not what
    /// the expert gives with its likelihood among all.
    /// </summary>
    public required bool WeighsInputs { get; init; }

    /// <summary>Whether the weights of a token's experts are made to sum to 1.</summary>
    public required bool Normalizes { get; init; }

    /// <summary>Whether names are those of Mixtral's first programs.</summary>
    public required bool HasMixtralNames { get; init; }

    /// <summary>The layers that have experts.</summary>
    public required Func<int, bool> IsSparse { get; init; }

    /// <summary>Reads the settings; <see langword="null"/> for an architecture without experts.</summary>
    /// <exception cref="MergeHostException">MH2013: a setting is missing or wrong.</exception>
    public static MixtureConfig? Read(ConfigReader config, string architecture)
    {
        bool isLlama = architecture.StartsWith(Llama4, StringComparison.Ordinal);
        if (!isLlama && architecture is not (Mixtral or Qwen2 or Qwen3))
        {
            return null;
        }

        bool isMixtral = architecture == Mixtral;
        int experts = config.FindSize("num_experts") ?? config.FindSize("num_local_experts")
            ?? throw ModelException.Config("num_experts", "a whole number", "nothing");
        int perToken = config.Size("num_experts_per_tok");
        int step = isMixtral ? 1 : config.FindSize(isLlama ? "interleave_moe_layer_step" : "decoder_sparse_step") ?? 1;
        IReadOnlyList<int> dense = isMixtral || isLlama ? [] : config.Integers("mlp_only_layers") ?? [];
        IReadOnlyList<int>? sparse = isLlama ? config.Integers("moe_layers") : null;
        return perToken > experts
            ? throw ModelException.Config("num_experts_per_tok", $"at most {experts}", $"{perToken}")
            : new MixtureConfig
            {
                Experts = experts,
                PerToken = perToken,
                FeedForwardSize = config.Size(isMixtral || isLlama ? "intermediate_size" : "moe_intermediate_size"),
                SharedSize = architecture == Qwen2
                    ? config.Size("shared_expert_intermediate_size")
                    : isLlama ? config.Size("intermediate_size") : null,
                GatesShared = !isLlama,
                WeighsInputs = isLlama,
                Normalizes = isMixtral || (config.Find<bool>("norm_topk_prob") ?? false),
                HasMixtralNames = isMixtral,
                IsSparse = layer => sparse?.Contains(layer) ?? ((layer + 1) % step == 0 && !dense.Contains(layer)),
            };
    }
}
