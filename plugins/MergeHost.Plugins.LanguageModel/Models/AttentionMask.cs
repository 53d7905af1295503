using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models;

/// <summary>Which tokens see which: the same for all layers that look back equally far.</summary>
internal sealed class AttentionMask
{
    private readonly TokenRows _rows;
    private readonly long _read;
    private readonly bool _isAlwaysMade;
    private readonly Dictionary<int, Tensor?> _masks;

    /// <summary>Makes the masks; they belong to the caller's dispose scope.</summary>
    /// <param name="rows">All tokens.</param>
    /// <param name="read">How many of them are read now: the last of each row.</param>
    /// <param name="windows">How many tokens layers look back, themselves included; <see langword="null"/> for all.</param>
    /// <param name="isAlwaysMade">Whether a mask is made where each token sees all up to itself, too.</param>
    public AttentionMask(TokenRows rows, long read, IEnumerable<int?> windows, bool isAlwaysMade)
    {
        _rows = rows;
        _read = read;
        _isAlwaysMade = isAlwaysMade;
        _masks = windows.Select(Seen).Distinct().ToDictionary(seen => seen, Make);
    }

    /// <summary>The mask of layers that look back so far.</summary>
    /// <returns>
    /// True where token i of those that are read sees token j of all, of <c>[read, tokens]</c> or <c>[batch, 1, read, tokens]</c>;
    /// <see langword="null"/> where each sees all up to itself.
    /// </returns>
    public Tensor? Find(int? window) => _masks[Seen(window)];

    // A window as wide as the rows hides nothing.
    private int Seen(int? window) => window < _rows.Width ? window.Value : int.MaxValue;

    private Tensor? Make(int seen)
    {
        bool seesAll = seen == int.MaxValue;
        long first = _rows.Width - _read;
        if (!_isAlwaysMade && seesAll && _rows.Branches is null && (first == 0 || _read == 1))
        {
            return null;
        }

        Tensor before = ones(_read, _rows.Width, ScalarType.Bool, _rows.Ids.device).tril(first);
        if (_rows is not { Positions: { } positions, Branches: { } branches })
        {
            return seesAll ? before : before.triu(first + 1 - seen);
        }

        Tensor mask = before & (branches.unsqueeze(1).eq(LastingScalar.Zero) | (branches.unsqueeze(1) == Own(branches)));
        return (seesAll ? mask : mask & (Own(positions) < positions.unsqueeze(1).add(tensor((long)seen, device: positions.device), LastingScalar.One))).unsqueeze(1);

        Tensor Own(Tensor values) => values.narrow(1, first, _read).unsqueeze(2);
    }
}
