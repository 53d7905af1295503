using MergeHost.Plugins.LanguageModel.Models.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>A norm over the last extent, computed in float32, with a weight for each place.</summary>
/// <seealso href="https://arxiv.org/abs/1910.07467"/>
/// <param name="Kind">How it computes; what adds 1 applies the weight in float32, too.</param>
/// <param name="Weight">The weight; <see langword="null"/> for none.</param>
/// <param name="Bias">What is added in the end; <see langword="null"/> for nothing.</param>
/// <param name="Epsilon">What is divided by is kept away from zero by it.</param>
internal sealed record Norm(NormKind Kind, Tensor? Weight, Tensor? Bias, double Epsilon) : IDisposable
{
    private readonly Scalar _epsilon = LastingScalar.Of(Epsilon);

    /// <summary>Reads a norm.</summary>
    public static Norm Read(ModelWeights weights, string name, long size, NormKind kind, double epsilon) =>
        new(kind, weights.Take($"{name}.weight", size), kind == NormKind.Layer ? weights.Take($"{name}.bias", size) : null, epsilon);

    public Tensor Apply(Tensor x)
    {
        Tensor wide = x.to(float32);
        if (Kind == NormKind.Layer)
        {
            return nn.functional.layer_norm(wide, [wide.shape[^1]], Weight!.to(float32), Bias!.to(float32), Epsilon).to(x.dtype);
        }

        Tensor scale = wide.square().mean([-1], keepdim: true).add(_epsilon).rsqrt();
        return Weight is null ? (wide * scale).to(x.dtype)
            : Kind == NormKind.RmsPlusOne ? (wide * scale * Weight.to(float32).add(LastingScalar.One)).to(x.dtype)
            : Weight * (wide * scale).to(x.dtype);
    }

    public void Dispose()
    {
        Weight?.Dispose();
        Bias?.Dispose();
    }
}
