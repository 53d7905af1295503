using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>Unigram: cuts text into the pieces whose scores have the largest sum.</summary>
/// <seealso href="https://arxiv.org/abs/1804.10959"/>
internal sealed class UnigramPieces
{
    // How much less a letter that is no piece scores than the least of the pieces.
    private const double UnknownPenalty = 10;

    private readonly IReadOnlyList<double> _scores;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly IReadOnlyList<int> _bytes;
    private readonly int? _unknown;
    private readonly double _unknownScore;
    private readonly int _longest;

    /// <param name="ids">The ids of the pieces.</param>
    /// <param name="scores">Their scores, by id.</param>
    /// <param name="bytes">The ids of bytes; fewer than 256 for none.</param>
    /// <param name="unknown">The id of what is no piece.</param>
    public UnigramPieces(Dictionary<string, int> ids, IReadOnlyList<double> scores, IReadOnlyList<int> bytes, int? unknown)
    {
        (_ids, _scores, _bytes, _unknown) = (ids, scores, bytes, unknown);
        _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknownScore = scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
        _longest = ids.Keys.Select(piece => piece.Length).DefaultIfEmpty(0).Max();
    }

    /// <summary>Cuts a part into pieces.</summary>
    /// <exception cref="MergeHostException">MH2013: it has a letter that is no piece, and there is no token for such.</exception>
    public void Cut(string text, List<int> ids)
    {
        (int Start, int Id)[] best = Best(text);
        List<(int Start, int End, bool IsUnknown)> pieces = [];
        for (int end = text.Length; end > 0; end = best[end].Start)
        {
            bool isUnknown = best[end].Id < 0;
            if (isUnknown && pieces is [.., (int next, int last, true)] && next == end)
            {
                // Neighbours that are unknown are one.
                pieces[^1] = (best[end].Start, last, true);
            }
            else
            {
                pieces.Add((best[end].Start, end, isUnknown));
            }
        }

        pieces.Reverse();
        foreach ((int start, int end, _) in pieces)
        {
            Add(text[start..end], ids);
        }
    }

    // For each place the piece that the best cut up to it ends with; below 0 for a letter that is none.
    private (int Start, int Id)[] Best(string text)
    {
        (int Start, int Id)[] best = new (int, int)[text.Length + 1];
        double[] sums = new double[text.Length + 1];
        Array.Fill(sums, double.NaN);
        sums[0] = 0;
        for (int start = 0; start < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(start), out _, out int letter);
            bool isPiece = false;
            for (int length = 1; length <= Math.Min(_longest, text.Length - start); length++)
            {
                if (_lookup.TryGetValue(text.AsSpan(start, length), out int id))
                {
                    Offer(start, start + length, id, _scores[id]);
                    isPiece |= length == letter;
                }
            }

            if (!isPiece)
            {
                Offer(start, start + letter, -1, _unknownScore);
            }

            start += letter;
        }

        return best;

        // The first of equals counts.
        void Offer(int start, int end, int id, double score)
        {
            double sum = sums[start] + score;
            if (double.IsNaN(sums[end]) || sum > sums[end])
            {
                (sums[end], best[end]) = (sum, (start, id));
            }
        }
    }

    private void Add(string piece, List<int> ids)
    {
        if (_ids.TryGetValue(piece, out int id))
        {
            ids.Add(id);
        }
        else if (_bytes.Count == 256)
        {
            ids.AddRange(Encoding.UTF8.GetBytes(piece).Select(value => _bytes[value]));
        }
        else
        {
            ids.Add(_unknown
                ?? throw TokenizerException.Broken("tokenizer.json", "a letter of the text is no piece, and 'unk_id' names no token"));
        }
    }
}
