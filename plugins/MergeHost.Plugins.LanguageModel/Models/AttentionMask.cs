using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Which tokens see which: the same for all layers that look back equally far.</summary>
internal sealed class AttentionMask
{
    private readonly TokenRows _rows;
    private readonly Dictionary<int, Tensor?> _masks;

    /// <summary>Makes the masks; they belong to the caller's dispose scope.</summary>
    /// <param name="rows">The tokens.</param>
    /// <param name="windows">How many tokens layers look back, themselves included; <see langword="null"/> for all.</param>
    public AttentionMask(TokenRows rows, IEnumerable<int?> windows)
    {
        _rows = rows;
        _masks = windows.Select(Seen).Distinct().ToDictionary(seen => seen, Make);
    }

    /// <summary>The mask of layers that look back so far.</summary>
    /// <returns>
    /// True where token i sees token j, of <c>[tokens, tokens]</c> or <c>[batch, 1, tokens, tokens]</c>; <see langword="null"/> where each
    /// sees all up to itself.
    /// </returns>
    public Tensor? Find(int? window) => _masks[Seen(window)];

    // A window as wide as the rows hides nothing.
    private int Seen(int? window) => window < _rows.Width ? window.Value : int.MaxValue;

    private Tensor? Make(int seen)
    {
        bool seesAll = seen == int.MaxValue;
        if (seesAll && _rows.Branches is null)
        {
            return null;
        }

        Tensor before = ones(_rows.Width, _rows.Width, ScalarType.Bool, _rows.Ids.device).tril();
        if (_rows is not { Positions: { } positions, Branches: { } branches })
        {
            return before.triu(1 - seen);
        }

        Tensor others = branches.unsqueeze(1);
        Tensor mask = before & ((others == 0) | (others == branches.unsqueeze(2)));
        return (seesAll ? mask : mask & (positions.unsqueeze(2) - positions.unsqueeze(1) < seen)).unsqueeze(1);
    }
}
