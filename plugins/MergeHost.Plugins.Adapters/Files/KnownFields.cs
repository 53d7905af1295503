using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Adapters.Files;

/// <summary>The fields of configurations whose meaning is known: one that is not may change what the tensors mean.</summary>
internal static class KnownFields
{
    private static readonly HashSet<string> _names =
    [
        "alora_invocation_tokens", "alpha", "alpha_pattern", "apply_GS", "arrow_config", "auto_mapping",
        "base_model_name_or_path", "beta1", "beta2", "bias", "block_share", "block_size", "block_size_pattern",
        "boft_block_num", "boft_block_size", "boft_dropout", "boft_n_butterfly_factor", "coft", "corda_config", "d_initial",
        "decompose_both", "decompose_factor", "delora_lambda", "deltaT", "enable_lora", "encoder_hidden_size",
        "ensure_weight_tying", "eps", "eva_config", "exclude_modules", "fan_in_fan_out", "feedforward_modules",
        "gralora_dropout", "gralora_k", "group_size", "hira_dropout", "hybrid_r", "inference_mode", "init_ia3_weights",
        "init_logits_std", "init_lora_weights", "init_r", "init_vector_bank_bound", "init_weights", InterleavedRows.Field, "kasa_config",
        "lambda_pattern", "layer_replication", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha",
        "lora_bias", "lora_dropout", "lora_ga_config", "mask_type", "megatron_config", "megatron_core", "merge_weights",
        "mini_r", "miss_dropout", "module_dropout", "modules_to_save", "monteclora_config", "n_frequency",
        "n_frequency_pattern", "num_attention_heads", "num_cayley_neumann_terms", "num_layers", "num_transformer_submodules",
        "num_vectors", "num_virtual_tokens", "oft_block_size", "orth_reg_weight", "peft_type", "peft_version",
        "prefix_projection", "projection_prng_key", "prompt_tuning_init", "prompt_tuning_init_text", "qalora_group_size",
        "r", "randlora_alpha", "randlora_dropout", "random_loc_seed", "random_seed", "rank_dropout", "rank_dropout_scale",
        "rank_pattern", "revision", "runtime_config", "save_only_topk_weights", "save_projection", "scaling", "sparse",
        "target_modules", "target_parameters", "target_r", "task_type", "tfinal", "tinit", "token_dim", "token_indices",
        "tokenizer_kwargs", "tokenizer_name_or_path", "topk", "total_step", "trainable_token_indices", "use_bdlora",
        "use_cayley_neumann", "use_dora", "use_effective_conv2d", "use_qalora", "use_rslora", "variant", "vblora_dropout",
        "vector_length", "velora_config", "vera_dropout", "very_sparse",
    ];

    /// <summary>Warns of fields that are set and not known.</summary>
    public static void Warn(AdapterFile adapter)
    {
        string[] unknown = [.. adapter.Config.Json.Where(field => IsSet(field.Value) && !_names.Contains(field.Key))
            .Select(field => $"'{field.Key}' ({field.Value.Words()})")];
        if (unknown.Length > 0)
        {
            adapter.Warnings.Add(adapter.Config.Warning(
                $"{CheckpointException.Printable(string.Join(", ", unknown))} {(unknown.Length == 1 ? "is" : "are")} not known, and may "
                    + "change what the tensors mean",
                "Compare the result with what PEFT of the adapter's own version merges."));
        }
    }

    private static bool IsSet(JsonNode? value) =>
        value is not (null or JsonArray { Count: 0 } or JsonObject { Count: 0 }) && value.AsTruth() != false;
}
