using System.Globalization;

namespace MergeHost.Plugins.Gguf.Writing;

/// <summary>What a weight does, as far as mixtures of types tell weights apart.</summary>
internal enum WeightRole
{
    Other,
    Embedding,
    Head,
    Query,
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
        ("v_proj.weight", WeightRole.Value),
        ("attn_v.weight", WeightRole.Value),
        ("qkv_proj.weight", WeightRole.QueryKeyValue),
        ("attn_qkv.weight", WeightRole.QueryKeyValue),
        ("o_proj.weight", WeightRole.Output),
        ("attn_output.weight", WeightRole.Output),
        ("down_proj.weight", WeightRole.Down),
        ("ffn_down.weight", WeightRole.Down),
    ];

    /// <summary>The role of a weight.</summary>
    public static WeightRole Of(TensorInfo tensor) => tensor.Name == "output.weight"
        ? WeightRole.Head
        : Array.Find(_endings, ending => tensor.Name.EndsWith(ending.Ending, StringComparison.Ordinal)).Role;

    /// <summary>The number of a weight's layer, or -1.</summary>
    public static int LayerOf(string name)
    {
        string? number = name.Split('.').FirstOrDefault(part => part.Length is > 0 and < 7 && part.All(char.IsAsciiDigit));
        return number is null ? -1 : int.Parse(number, CultureInfo.InvariantCulture);
    }
}
