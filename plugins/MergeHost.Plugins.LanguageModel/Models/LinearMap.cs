using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>A weight of <c>[out, in]</c> with or without a bias of <c>[out]</c>.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Bias">The bias, or <see langword="null"/>.</param>
/// <param name="Name">The weight's name in the checkpoint; <see langword="null"/> for a part of a tensor.</param>
/// <param name="Tap">Shown what the weight is multiplied with.</param>
internal sealed record LinearMap(Tensor Weight, Tensor? Bias, string? Name, InputTap Tap) : IDisposable
{
    /// <summary>Reads the weight, and the bias if the checkpoint has one.</summary>
    public static LinearMap Read(ModelWeights weights, string name, long outputs, long inputs) =>
        new(weights.Take($"{name}.weight", outputs, inputs), weights.TryTake($"{name}.bias", outputs), $"{name}.weight", weights.Tap);

    /// <summary><c>x Wᵀ + b</c></summary>
    public Tensor Apply(Tensor x)
    {
        Tap.Show(Name, x);
        return nn.functional.linear(x, Weight, Bias);
    }

    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }
}
