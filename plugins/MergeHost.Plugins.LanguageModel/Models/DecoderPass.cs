using MergeHost.Plugins.LanguageModel.Models.Blocks;
using MergeHost.Plugins.LanguageModel.Models.Settings;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>What all layers share of one run: places, masks, and what was read before.</summary>
internal sealed class DecoderPass
{
    private readonly ScalarType _type;
    private readonly Dictionary<RopeConfig, RotaryEmbedding> _rotary;

    /// <summary>Computes what layers share; it belongs to the caller's dispose scope.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="rows">The tokens that are read now.</param>
    /// <param name="cache">What stands before them, or <see langword="null"/>; they are added to it.</param>
    /// <param name="type">The type of states.</param>
    public DecoderPass(DecoderConfig config, TokenRows rows, KeyValueCache? cache, ScalarType type)
    {
        TokenRows all = cache?.Add(rows) ?? rows;
        (_type, Cache) = (type, cache);
        Places = new TokenPlaces(rows, all.Width - rows.Width);
        Mask = new AttentionMask(all, rows.Width, config.Layers.Select(layer => layer.Span),
            isAlwaysMade: config.Scales.AttentionCap is not null);
        _rotary = config.Layers.Select(layer => layer.Rope).OfType<RopeConfig>().Distinct()
            .ToDictionary(rope => rope, rope => new RotaryEmbedding(rope, config.Architecture.RotatesNeighbours, Places, type));
    }

    public KeyValueCache? Cache { get; }

    public AttentionMask Mask { get; }

    public TokenPlaces Places { get; }

    public RotaryEmbedding Rotary(RopeConfig rope) => _rotary[rope];

    /// <summary>The factors of queries, of <c>[tokens, 1]</c> or <c>[batch, 1, tokens, 1]</c>.</summary>
    public Tensor Temperature(QueryTemperature temperature) =>
        Places.Values.add(LastingScalar.One).div(LastingScalar.Of(temperature.Floor)).floor().log1p()
            .mul(LastingScalar.Of(temperature.Scale)).add(LastingScalar.One).to(_type).unsqueeze(-1);
}
