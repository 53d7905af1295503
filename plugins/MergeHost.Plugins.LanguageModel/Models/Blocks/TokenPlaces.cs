using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>The places of the tokens that are read now, each in its text.</summary>
internal sealed class TokenPlaces
{
    private readonly Lazy<int[]> _lengths;

    /// <param name="rows">The tokens.</param>
    /// <param name="first">The place of their first in its row.</param>
    public TokenPlaces(TokenRows rows, long first)
    {
        Indices = rows.Positions ?? rows.Places(first);
        Values = (rows.Positions?.unsqueeze(1) ?? Indices).to(float32);
        _lengths = new Lazy<int[]>(() => rows.Positions is null
            ? [(int)(first + rows.Width)]
            : [.. rows.Positions.amax([1]).cpu().data<long>().Select(place => (int)place + 1)]);
    }

    /// <summary>The places, int64 of <c>[tokens]</c> or <c>[batch, tokens]</c>.</summary>
    public Tensor Indices { get; }

    /// <summary>The places, float32 of <c>[tokens]</c> or <c>[batch, 1, tokens]</c>.</summary>
    public Tensor Values { get; }

    /// <summary>How long the texts are up to now: one length for all, or one a row.</summary>
    public IReadOnlyList<int> Lengths => _lengths.Value;
}
