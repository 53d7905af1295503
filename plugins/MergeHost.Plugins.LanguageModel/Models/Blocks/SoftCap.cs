using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>Keeps values between two bounds without an edge: <c>c·tanh(x/c)</c>.</summary>
/// <seealso href="https://arxiv.org/abs/2408.00118"/>
internal static class SoftCap
{
    /// <summary>Caps values; as they are where there is no cap.</summary>
    public static Tensor Apply(Tensor x, double? cap) =>
        cap is { } bound ? x.div(LastingScalar.Of(bound)).tanh().mul(LastingScalar.Of(bound)) : x;
}
