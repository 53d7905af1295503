using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Division by the root mean square over the last extent, in float32, and a weight for each place.</summary>
/// <seealso href="https://arxiv.org/abs/1910.07467"/>
/// <param name="Weight">The weight.</param>
/// <param name="Epsilon">What the root mean square is kept away from zero by.</param>
/// <param name="AddsOne">Whether 1 is added to the weight, as Gemma has it; then the weight is applied in float32, too.</param>
internal sealed record RmsNorm(Tensor Weight, double Epsilon, bool AddsOne) : IDisposable
{
    private readonly Scalar _epsilon = LastingScalar.Of(Epsilon);

    public Tensor Apply(Tensor x)
    {
        Tensor wide = x.to(float32);
        Tensor scale = wide.square().mean([-1], keepdim: true).add(_epsilon).rsqrt();
        return AddsOne ? (wide * scale * Weight.to(float32).add(LastingScalar.One)).to(x.dtype) : Weight * (wide * scale).to(x.dtype);
    }

    public void Dispose() => Weight.Dispose();
}
