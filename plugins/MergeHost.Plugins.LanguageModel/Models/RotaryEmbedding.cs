using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The rotations by position of one run: cosines and sines of <c>[tokens, head]</c>.</summary>
/// <remarks>The halves of a head are rotated against each other, as in Hugging Face's layout of Q and K.</remarks>
internal sealed class RotaryEmbedding
{
    private readonly Tensor _cosines;
    private readonly Tensor _sines;

    /// <summary>Computes the rotations in float32; they belong to the caller's dispose scope.</summary>
    public RotaryEmbedding(LlamaConfig config, long length, Device device, ScalarType type)
    {
        int half = config.HeadSize / 2;
        float[] frequencies = [.. Enumerable.Range(0, half).Select(pair => (float)config.Rope.Frequency(Math.Pow(config.Rope.Theta, -(double)pair / half)))];
        Tensor angles = outer(arange(length, dtype: float32, device: device), tensor(frequencies, device: device));
        Tensor both = cat([angles, angles], -1);
        _cosines = both.cos().to(type);
        _sines = both.sin().to(type);
    }

    /// <summary>Rotates queries or keys of <c>[batch, heads, tokens, head]</c>.</summary>
    public Tensor Rotate(Tensor x)
    {
        Tensor[] halves = x.chunk(2, -1);
        return (x * _cosines) + (cat([-halves[1], halves[0]], -1) * _sines);
    }
}
