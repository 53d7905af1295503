namespace MergeHost.Tokenizers;

/// <summary>What it costs to merge two neighbours; less comes first, <see langword="null"/> never.</summary>
internal delegate double? MergeCost(ReadOnlySpan<char> left, ReadOnlySpan<char> right);

/// <summary>Byte-pair encoding: merges neighbours until none is left to merge, the cheapest first, of equal ones the leftmost.</summary>
/// <remarks>Microsoft.ML.Tokenizers 2.0.1 takes another than the leftmost now and then, and gives other ids than SentencePiece.</remarks>
/// <seealso href="https://arxiv.org/abs/1508.07909"/>
internal sealed class PieceMerger
{
    private readonly string _text;
    private readonly MergeCost _cost;
    private readonly int[] _starts;
    private readonly int[] _ends;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly PriorityQueue<(int Left, int Right, int End), (double Cost, int Left)> _queue = new();

    private PieceMerger(string text, IReadOnlyList<int> starts, MergeCost cost)
    {
        _text = text;
        _cost = cost;
        _starts = [.. starts];
        _ends = [.. starts.Skip(1), text.Length];
        _next = [.. Enumerable.Range(1, starts.Count)];
        _previous = [.. Enumerable.Range(-1, starts.Count)];
    }

    /// <summary>Merges the pieces of a text.</summary>
    /// <param name="text">The text, not empty.</param>
    /// <param name="starts">Where its smallest pieces begin, ascending from 0.</param>
    /// <param name="cost">What merges cost.</param>
    /// <returns>What is left, in order.</returns>
    public static IEnumerable<string> Merge(string text, IReadOnlyList<int> starts, MergeCost cost)
    {
        PieceMerger merger = new(text, starts, cost);
        merger.Merge();
        for (int piece = 0; piece < starts.Count; piece = merger._next[piece])
        {
            yield return text[merger._starts[piece]..merger._ends[piece]];
        }
    }

    private void Merge()
    {
        for (int piece = 0; piece < _starts.Length - 1; piece++)
        {
            Offer(piece, piece + 1);
        }

        while (_queue.TryDequeue(out (int Left, int Right, int End) pair, out _))
        {
            // Either of the two may have been merged with another in the meantime.
            if (_next[pair.Left] != pair.Right || _ends[pair.Right] != pair.End || _ends[pair.Left] != _starts[pair.Right])
            {
                continue;
            }

            _ends[pair.Left] = pair.End;
            _next[pair.Left] = _next[pair.Right];
            _next[pair.Right] = -1;
            if (_next[pair.Left] < _starts.Length)
            {
                _previous[_next[pair.Left]] = pair.Left;
                Offer(pair.Left, _next[pair.Left]);
            }

            if (_previous[pair.Left] >= 0)
            {
                Offer(_previous[pair.Left], pair.Left);
            }
        }
    }

    private void Offer(int left, int right)
    {
        if (_cost(_text.AsSpan(_starts[left].._ends[left]), _text.AsSpan(_starts[right].._ends[right])) is { } cost)
        {
            _queue.Enqueue((left, right, _ends[right]), (cost, left));
        }
    }
}
