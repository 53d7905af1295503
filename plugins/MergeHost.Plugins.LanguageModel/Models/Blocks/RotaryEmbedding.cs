using MergeHost.Plugins.LanguageModel.Models.Settings;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>The rotations by position of one run: cosines and sines of <c>[tokens, size]</c> or <c>[batch, 1, tokens, size]</c>.</summary>
internal sealed class RotaryEmbedding
{
    private readonly int _size;
    private readonly bool _rotatesNeighbours;
    private readonly Tensor _cosines;
    private readonly Tensor _sines;

    /// <summary>Computes the rotations in float32; they belong to the caller's dispose scope.</summary>
    /// <param name="config">The frequencies.</param>
    /// <param name="rotatesNeighbours">Whether neighbours are rotated against each other, and not the halves of what is rotated,
    /// as in Hugging Face's layout of Q and K.</param>
    /// <param name="places">The tokens' places.</param>
    /// <param name="type">The type of queries and keys.</param>
    public RotaryEmbedding(RopeConfig config, bool rotatesNeighbours, TokenPlaces places, ScalarType type)
    {
        _size = config.Size;
        _rotatesNeighbours = rotatesNeighbours;
        Tensor angles = places.Values.unsqueeze(-1) * Frequencies(config, places);
        Tensor sines = angles.sin().mul(LastingScalar.Of(config.Scale));
        Tensor cosines = angles.cos().mul(LastingScalar.Of(config.Scale));
        _cosines = Join(cosines, cosines).to(type);
        _sines = Join(-sines, sines).to(type);
    }

    /// <summary>Rotates queries or keys of <c>[batch, heads, tokens, head]</c>.</summary>
    public Tensor Rotate(Tensor x)
    {
        if (x.shape[^1] == _size)
        {
            return RotateAll(x);
        }

        Tensor rotated = RotateAll(x.narrow(-1, 0, _size));
        return cat([rotated, x.narrow(-1, _size, x.shape[^1] - _size)], -1);
    }

    private Tensor RotateAll(Tensor x) => (x * _cosines).add_(Swap(x).mul_(_sines), LastingScalar.One);

    private Tensor Swap(Tensor x)
    {
        if (_rotatesNeighbours)
        {
            return x.reshape([.. x.shape[..^1], _size / 2, 2]).flip(-1).reshape(x.shape);
        }

        Tensor[] halves = x.chunk(2, -1);
        return cat([halves[1], halves[0]], -1);
    }

    private Tensor Join(Tensor first, Tensor second) =>
        _rotatesNeighbours ? stack([first, second], -1).flatten(-2) : cat([first, second], -1);

    // Of [size / 2], or where frequencies depend on a text's length of [batch, 1, 1, size / 2].
    private static Tensor Frequencies(RopeConfig config, TokenPlaces places)
    {
        if (config.SteadyLength is not { } steady || places.Lengths.All(length => length <= steady))
        {
            return Make([config.Frequencies(1)]).view(-1);
        }

        Tensor rows = Make([.. places.Lengths.Select(config.Frequencies)]);
        return rows.shape[0] == 1 ? rows.view(-1) : rows.view(rows.shape[0], 1, 1, -1);

        Tensor Make(double[][] values) =>
            tensor([.. values.SelectMany(row => row).Select(value => (float)value)], [values.Length, values[0].Length],
                device: places.Values.device);
    }
}
