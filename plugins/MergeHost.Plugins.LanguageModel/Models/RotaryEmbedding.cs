using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>The rotations by position of one run: cosines and sines of <c>[tokens, head]</c> or <c>[batch, 1, tokens, head]</c>.</summary>
/// <remarks>The halves of a head are rotated against each other, as in Hugging Face's layout of Q and K.</remarks>
internal sealed class RotaryEmbedding
{
    private readonly Tensor _cosines;
    private readonly Tensor _sines;

    /// <summary>Computes the rotations in float32; they belong to the caller's dispose scope.</summary>
    /// <param name="config">The frequencies.</param>
    /// <param name="rows">The tokens.</param>
    /// <param name="first">The place of their first in its row.</param>
    /// <param name="type">The type of queries and keys.</param>
    public RotaryEmbedding(LlamaConfig config, TokenRows rows, long first, ScalarType type)
    {
        int half = config.HeadSize / 2;
        float[] frequencies = [.. Enumerable.Range(0, half).Select(pair => (float)config.Rope.Frequency(Math.Pow(config.Rope.Theta, -(double)pair / half)))];
        Tensor positions = rows.Positions?.unsqueeze(1).to(float32) ?? rows.Places(first).to(float32);
        Tensor angles = positions.unsqueeze(-1) * tensor(frequencies, device: rows.Ids.device);
        Tensor sines = angles.sin();
        Tensor cosines = angles.cos();
        _cosines = cat([cosines, cosines], -1).to(type);
        _sines = cat([-sines, sines], -1).to(type);
    }

    /// <summary>Rotates queries or keys of <c>[batch, heads, tokens, head]</c>.</summary>
    public Tensor Rotate(Tensor x)
    {
        Tensor[] halves = x.chunk(2, -1);
        return (x * _cosines).add_(cat([halves[1], halves[0]], -1).mul_(_sines), LastingScalar.One);
    }
}
