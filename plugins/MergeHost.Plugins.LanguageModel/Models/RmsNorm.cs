using TorchSharp;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Division by the root mean square over the last extent, in float32, and a weight for each place.</summary>
/// <seealso href="https://arxiv.org/abs/1910.07467"/>
internal sealed record RmsNorm(Tensor Weight, double Epsilon) : IDisposable
{
    private readonly Scalar _epsilon = Epsilon;

    public Tensor Apply(Tensor x)
    {
        Tensor wide = x.to(float32);
        Tensor scale = (wide.square().mean([-1], keepdim: true).add(_epsilon)).rsqrt();
        return Weight * (wide * scale).to(x.dtype);
    }

    public void Dispose() => Weight.Dispose();
}
