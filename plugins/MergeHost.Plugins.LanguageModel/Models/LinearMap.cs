using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>A weight of <c>[out, in]</c> with or without a bias of <c>[out]</c>.</summary>
internal sealed record LinearMap(Tensor Weight, Tensor? Bias) : IDisposable
{
    /// <summary>Reads the weight, and the bias if the checkpoint has one.</summary>
    public static LinearMap Read(ModelWeights weights, string name, long outputs, long inputs) =>
        new(weights.Take($"{name}.weight", outputs, inputs), weights.TryTake($"{name}.bias", outputs));

    /// <summary><c>x Wᵀ + b</c></summary>
    public Tensor Apply(Tensor x) => nn.functional.linear(x, Weight, Bias);

    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
