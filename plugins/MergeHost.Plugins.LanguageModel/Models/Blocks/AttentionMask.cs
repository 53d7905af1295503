using MergeHost.Plugins.LanguageModel.Models.Settings;
using static TorchSharp.torch;

namespace MergeHost.Plugins.LanguageModel.Models.Blocks;

/// <summary>Which tokens see which: the same for all layers that look back equally far.</summary>
internal sealed class AttentionMask
{
    private static readonly AttentionSpan _all = new(null, false);

    private readonly TokenRows _rows;
    private readonly long _read;
    private readonly bool _isAlwaysMade;
    private readonly Dictionary<AttentionSpan, Tensor?> _masks;

    /// <summary>Makes the masks; they belong to the caller's dispose scope.</summary>
    /// <param name="rows">All tokens.</param>
    /// <param name="read">How many of them are read now: the last of each row.</param>
    /// <param name="spans">What layers see.</param>
    /// <param name="isAlwaysMade">Whether a mask is made where each token sees all up to itself, too.</param>
    public AttentionMask(TokenRows rows, long read, IEnumerable<AttentionSpan> spans, bool isAlwaysMade)
    {
        _rows = rows;
        _read = read;
        _isAlwaysMade = isAlwaysMade;
        _masks = spans.Select(Seen).Distinct().ToDictionary(seen => seen, Make);
    }

    /// <summary>The mask of layers that see so much.</summary>
    /// <returns>
    /// True where token i of those that are read sees token j of all, of <c>[read, tokens]</c> or <c>[batch, 1, read, tokens]</c>;
    /// <see langword="null"/> where each sees all up to itself.
    /// </returns>
    public Tensor? Find(AttentionSpan span) => _masks[Seen(span)];

    // A window as wide as the rows hides nothing.
    private AttentionSpan Seen(AttentionSpan span) => span.Length < _rows.Width ? span : _all;

    private Tensor? Make(AttentionSpan seen)
    {
        bool seesAll = seen.Length is null;
        long first = _rows.Width - _read;
        if (!_isAlwaysMade && seesAll && _rows.Branches is null && (first == 0 || _read == 1))
        {
            return null;
        }

        Tensor before = ones(_read, _rows.Width, ScalarType.Bool, _rows.Ids.device).tril(first);
        if (_rows is not { Positions: { } positions, Branches: { } branches })
        {
            Tensor places = _rows.Places(0).unsqueeze(0);
            return seesAll ? before : before & Sees(seen, places.narrow(1, first, _read).unsqueeze(2), places.unsqueeze(1)).squeeze(0);
        }

        Tensor mask = before & (branches.unsqueeze(1).eq(LastingScalar.Zero) | (branches.unsqueeze(1) == Own(branches)));
        return (seesAll ? mask : mask & Sees(seen, Own(positions), positions.unsqueeze(1))).unsqueeze(1);

        Tensor Own(Tensor values) => values.narrow(1, first, _read).unsqueeze(2);
    }

    // By places in the text: those that are not too far before, or in the same piece.
    private static Tensor Sees(AttentionSpan seen, Tensor own, Tensor others)
    {
        Tensor length = tensor((long)seen.Length!.Value, device: own.device);
        return seen.IsChunk ? own.floor_divide(length) == others.floor_divide(length) : own < others.add(length, LastingScalar.One);
    }
}
