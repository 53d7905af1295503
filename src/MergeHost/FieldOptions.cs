namespace MergeHost;

/// <summary>What the programs of mergekit are told by options, and how that is done here.</summary>
internal static class FieldOptions
{
    private static readonly Dictionary<string, string> _mergekit = new(StringComparer.Ordinal)
    {
        ["cuda"] = "write `--device cuda`",
        ["gpu-rich"] = "write `--device cuda`",
        ["multi-gpu"] = "write `--device cuda`",
        ["read-to-gpu"] = "write `--device cuda`",
        ["low-cpu-memory"] = "leave it out; `--memory SIZE` limits the memory",
        ["lazy-unpickle"] = "leave it out: tensors are always read as they are needed",
        ["copy-tokenizer"] = "leave it out: the tokenizer is always copied",
        ["no-copy-tokenizer"] = "leave it out: the tokenizer is always copied",
        ["out-shard-size"] = "write `--shard-size SIZE`",
        ["random-seed"] = "write `--seed N`",
        ["num-threads"] = "write `--threads N`",
        ["write-threads"] = "leave it out; `--threads N` is for all of the work",
        ["async-write"] = "leave it out",
        ["allow-crimes"] = "leave it out: models are compared by their tensors",
        ["unsafe-truncate-embeddings"] = "add `align: cut_rows` to the recipe, or better `tokenizer_source:`",
        ["trust-remote-code"] = "leave it out: no code of a model is ever run",
        ["transformers-cache"] = "set HF_HOME or HF_HUB_CACHE: models are kept in the cache that other programs use",
        ["lora-merge-cache"] = "leave it out",
        ["lora-merge-dtype"] = "leave it out: adapters are added in float32",
        ["clone-tensors"] = "leave it out",
        ["safe-serialization"] = "leave it out: safetensors is what is written",
        ["no-safe-serialization"] = "leave it out: safetensors is what is written",
        ["write-model-card"] = "leave it out: the card is written, unless `--no-card` is given",
        ["no-write-model-card"] = "write `--no-card`",
        ["i"] = "add `missing: skip` to the recipe",
        ["intersect"] = "add `missing: skip` to the recipe",
        ["u"] = "add `missing: single` to the recipe",
        ["union"] = "add `missing: single` to the recipe",
        ["I"] = "leave it out: earlier stages lie in the output's folder until the end",
        ["intermediate-dir"] = "leave it out: earlier stages lie in the output's folder until the end",
        ["out-path"] = "give the output as second argument",
        ["lazy"] = "leave it out: stages that are made are kept",
        ["no-lazy"] = "write `--force`",
        ["i-understand-this-is-not-useful-without-training"] = "add `allow_same_models: true` to the recipe",
    };

    /// <summary>How a thing is done here that mergekit is told by an option.</summary>
    /// <param name="option">The option, or the field of a recipe that is called like it.</param>
    public static string? Instead(string option) => _mergekit.GetValueOrDefault(option.TrimStart('-').Replace('_', '-'));
}
