using MergeHost.Architectures;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>What a weight does, as far as mixtures of types tell weights apart.</summary>
internal enum WeightRole
{
    Other,
    Embedding,
    Head,
    Query,
    Key,
    Value,
    QueryKeyValue,
    Output,
    Down,
}

/// <summary>Tells roles by names, of Hugging Face or of GGUF.</summary>
internal static class WeightRoles
{
    private static readonly (string Ending, WeightRole Role)[] _endings =
    [
        ("embed_tokens.weight", WeightRole.Embedding),
        ("token_embd.weight", WeightRole.Embedding),
        ("lm_head.weight", WeightRole.Head),
        ("q_proj.weight", WeightRole.Query),
        ("attn_q.weight", WeightRole.Query),
        ("k_proj.weight", WeightRole.Key),
        ("attn_k.weight", WeightRole.Key),
        ("v_proj.weight", WeightRole.Value),
        ("attn_v.weight", WeightRole.Value),
        ("qkv_proj.weight", WeightRole.QueryKeyValue),
        ("attn_qkv.weight", WeightRole.QueryKeyValue),
        ("o_proj.weight", WeightRole.Output),
        ("self_attn.dense.weight", WeightRole.Output),
        ("attn_output.weight", WeightRole.Output),
        ("down_proj.weight", WeightRole.Down),
        ("ffn_down.weight", WeightRole.Down),
        (".w2.weight", WeightRole.Down),
        ("mlp.fc2.weight", WeightRole.Down),
        ("ffn_down_exps.weight", WeightRole.Down),
    ];

    /// <summary>The role of a weight.</summary>
    public static WeightRole Of(TensorInfo tensor) => tensor.Name == "output.weight"
        ? WeightRole.Head
        : Array.Find(_endings, ending => tensor.Name.EndsWith(ending.Ending, StringComparison.Ordinal)).Role;

    /// <summary>Whether a weight is that of an expert, or a stack of such.</summary>
    public static bool IsExpert(string name) =>
        name.Contains(".experts.", StringComparison.Ordinal) || name.EndsWith("_exps.weight", StringComparison.Ordinal);

    /// <summary>How many experts a layer has.</summary>
    public static int ExpertsOf(IReadOnlyList<TensorInfo> tensors)
    {
        TensorInfo? stack = tensors.FirstOrDefault(tensor => tensor.Name.EndsWith("_exps.weight", StringComparison.Ordinal));
        return stack is { Shape: { Rank: > 0 } shape } ? (int)shape[0]
            : tensors.Select(tensor => tensor.Name.Split(".experts.")).Where(parts => parts.Length == 2)
                .Select(parts => LayerOf(parts[1]) + 1).DefaultIfEmpty().Max();
    }

    /// <summary>The number of a weight's layer, or -1.</summary>
    public static int LayerOf(string name) =>
        name.Split('.').Select(part => LayerTensorName.Number(part)).FirstOrDefault(number => number is not null) ?? -1;
}
