using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>Products of bfloat16 on a processor, computed in float32 and rounded once.</summary>
/// <remarks>
/// Few processors multiply bfloat16 themselves; where they do not, libtorch takes some six times as long as for float32. Widening a weight
/// costs as much as some rows, so that it pays from a few rows on, and not for a token by itself.
/// </remarks>
internal static class Wide
{
    private const long FewestRows = 8;

    /// <summary><c>x wᵀ + b</c>, in x's type.</summary>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias) => Pays(x, x.numel() / x.shape[^1])
        ? nn.functional.linear(x.to(float32), weight.to(float32), bias?.to(float32)).to(x.dtype)
        : nn.functional.linear(x, weight, bias);

    /// <summary>Attention over queries, keys and values of <c>[batch, heads, tokens, head]</c>, in their type.</summary>
    public static Tensor Attention(Tensor queries, Tensor keys, Tensor values, Tensor? mask, bool isCausal) =>
        Pays(queries, queries.shape[0] * queries.shape[2])
            ? nn.functional.scaled_dot_product_attention(queries.to(float32), keys.to(float32), values.to(float32), attn_mask: mask,
                is_casual: isCausal).to(queries.dtype)
            : nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask: mask, is_casual: isCausal);

    private static bool Pays(Tensor x, long rows) => x.dtype == bfloat16 && x.device.type == DeviceType.CPU && rows >= FewestRows;
}
