namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>What a kind of model calls its tensors, without <c>.weight</c> and <c>.bias</c>; Llama's names by default.</summary>
internal sealed record DecoderTensors
{
    /// <summary>What may stand before all names but that of the head, the usual first.</summary>
    public IReadOnlyList<string> Roots { get; init; } = ["model."];

    public string Embedding { get; init; } = "embed_tokens";

    /// <summary>The embedding of positions; <see langword="null"/> where they are rotated.</summary>
    public string? Positions { get; init; }

    public string Layers { get; init; } = "layers";

    public string LastNorm { get; init; } = "norm";

    /// <summary>The norm before attention, or <see langword="null"/>.</summary>
    public string? AttentionNorm { get; init; } = "input_layernorm";

    /// <summary>The norm of what attention gives, or <see langword="null"/>.</summary>
    public string? AttendedNorm { get; init; }

    /// <summary>The norm before the network, or <see langword="null"/>.</summary>
    public string? NetworkNorm { get; init; } = "post_attention_layernorm";

    /// <summary>The norm of what the network gives, or <see langword="null"/>.</summary>
    public string? FedNorm { get; init; }

    public string Attention { get; init; } = "self_attn";

    public string Query { get; init; } = "q_proj";

    public string Key { get; init; } = "k_proj";

    public string Value { get; init; } = "v_proj";

    /// <summary>Queries, keys and values in one tensor, or <see langword="null"/>.</summary>
    public string? QueryKeyValue { get; init; }

    public string Output { get; init; } = "o_proj";

    public string Network { get; init; } = "mlp";

    /// <summary>The gate of the network; <see langword="null"/> where it has none.</summary>
    public string? Gate { get; init; } = "gate_proj";

    public string Up { get; init; } = "up_proj";

    /// <summary>Gate and up in one tensor, or <see langword="null"/>.</summary>
    public string? GateUp { get; init; }

    public string Down { get; init; } = "down_proj";
}
