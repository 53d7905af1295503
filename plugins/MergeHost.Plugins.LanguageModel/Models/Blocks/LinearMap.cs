using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>A weight of <c>[out, in]</c> with or without a bias of <c>[out]</c>.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Bias">The bias, or <see langword="null"/>.</param>
/// <param name="Name">The weight's name in the checkpoint; <see langword="null"/> where it has none of its
/// own, or is the other way round there.</param>
/// <param name="Tap">Shown what the weight is multiplied with.</param>
internal sealed record LinearMap(Tensor Weight, Tensor? Bias, string? Name, InputTap Tap) : IDisposable
{
    /// <summary>Reads the weight, and the bias if the checkpoint has one.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="name">Its name.</param>
    /// <param name="outputs">How many numbers it gives.</param>
    /// <param name="inputs">How many it takes.</param>
    /// <param name="isTransposed">Whether the checkpoint has it as <c>[in, out]</c>.</param>
    public static LinearMap Read(ModelWeights weights, string name, long outputs, long inputs, bool isTransposed = false)
    {
        Tensor weight = isTransposed ? weights.Take($"{name}.weight", inputs, outputs) : weights.Take($"{name}.weight", outputs, inputs);
        return new LinearMap(isTransposed ? Turned(weight) : weight, weights.TryTake($"{name}.bias", outputs),
            isTransposed ? null : $"{name}.weight", weights.Tap);
    }

    /// <summary>Reads several that the checkpoint has in one tensor, one below the other.</summary>
    /// <param name="weights">The checkpoint.</param>
    /// <param name="name">The tensor's name.</param>
    /// <param name="outputs">How many numbers each gives.</param>
    /// <param name="inputs">How many they take.</param>
    /// <param name="isTransposed">Whether the checkpoint has them as <c>[in, out]</c>, side by side.</param>
    public static LinearMap[] ReadSeveral(ModelWeights weights, string name, long[] outputs, long inputs, bool isTransposed = false)
    {
        using LinearMap all = Read(weights, name, outputs.Sum(), inputs, isTransposed);
        return [.. outputs.Select((count,
            index) => new LinearMap(Part(all.Weight, index), all.Bias is null ? null : Part(all.Bias, index), index == 0 ? all.Name : null,
                weights.Tap))];

        // The parts keep the memory of the whole; what all are multiplied with is shown once.
        Tensor Part(Tensor whole, int index) => whole.narrow(0, outputs[..index].Sum(), outputs[index]);
    }

    /// <summary><c>x Wᵀ + b</c></summary>
    public Tensor Apply(Tensor x)
    {
        Tap.Show(Name, x);
        return Wide.Linear(x, Weight, Bias);
    }

    public void Dispose()
    {
        Weight.Dispose();
        Bias?.Dispose();
    }

    private static Tensor Turned(Tensor weight)
    {
        using (weight)
        {
            return weight.t().contiguous();
        }
    }
}
