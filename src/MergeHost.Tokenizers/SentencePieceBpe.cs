using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>SentencePiece's BPE with a fallback to bytes. Not for several threads at once.</summary>
/// <seealso href="https://arxiv.org/abs/1808.06226"/>
internal sealed class SentencePieceBpe
{
    /// <summary>What stands for a space.</summary>
    public const char Space = '▁';

    /// <summary>The ids of pieces that are merged of others.</summary>
    public required IReadOnlyDictionary<string, int> Pieces { get; init; }

    /// <summary>What it costs to merge two pieces.</summary>
    public required MergeCost Cost { get; init; }

    /// <summary>The ids of bytes; fewer than 256 for none.</summary>
    public required IReadOnlyList<int> Bytes { get; init; }

    /// <summary>The id of what is neither a piece nor bytes.</summary>
    public int? UnknownId { get; init; }

    /// <summary>The tokens that are found in a text first.</summary>
    public required AddedTokens Added { get; init; }

    /// <summary>Where a space is put in front, once spaces are replaced.</summary>
    public SpacePrefix Prefix { get; init; }

    /// <summary>Whether none is put in front of one.</summary>
    public bool IsPrefixedOnce { get; init; }

    /// <summary>Whether pieces never reach over the beginning of a word.</summary>
    public bool CutsWords { get; init; }

    /// <summary>Whether a part that is a piece is taken as such, whatever merges would make of it.</summary>
    public bool TakesWholePieces { get; init; }

    /// <summary>Cuts a part into pieces that are taken as they are, and others; all is one other by default.</summary>
    public Func<string, IEnumerable<TextPart>> CutDefined { get; init; } = text => [new TextPart(text, null, true)];

    /// <summary>What ids stand for, but for added tokens.</summary>
    public required Func<int, TokenText?> Text { get; init; }

    /// <summary>The ids of a text, without BOS and EOS.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        List<int> ids = [];
        foreach (TextPart part in Added.Cut(text))
        {
            if (part.Id is { } id)
            {
                ids.Add(id);
            }
            else
            {
                EncodePart(part, ids);
            }
        }

        return ids;
    }

    /// <summary>What an id stands for.</summary>
    public TokenText? Find(int id) => Added.Find(id) ?? Text(id);

    private void EncodePart(TextPart part, List<int> ids)
    {
        string escaped = part.Text.Replace(' ', Space);
        bool isPrefixed = Prefix == SpacePrefix.Always || (Prefix == SpacePrefix.First && part.IsFirst);
        if (isPrefixed && !(IsPrefixedOnce && escaped.StartsWith(Space)))
        {
            escaped = Space + escaped;
        }

        foreach (TextPart inner in CutDefined(escaped))
        {
            if (inner.Id is { } id)
            {
                ids.Add(id);
                continue;
            }

            foreach (string word in CutsWords ? Words(inner.Text) : [inner.Text])
            {
                Merge(word, ids);
            }
        }
    }

    private static IEnumerable<string> Words(string text)
    {
        int start = 0;
        for (int next = 1; next <= text.Length; next++)
        {
            if (next == text.Length || text[next] == Space)
            {
                yield return text[start..next];
                start = next;
            }
        }
    }

    private void Merge(string escaped, List<int> ids)
    {
        if (TakesWholePieces && Pieces.TryGetValue(escaped, out int whole))
        {
            ids.Add(whole);
            return;
        }

        List<int> starts = new(escaped.Length);
        int start = 0;
        foreach (Rune rune in escaped.EnumerateRunes())
        {
            starts.Add(start);
            start += rune.Utf16SequenceLength;
        }

        bool wasUnknown = false;
        foreach (string piece in PieceMerger.Merge(escaped, starts, Cost))
        {
            bool isUnknown = !Pieces.TryGetValue(piece, out int id) && Bytes.Count < 256;
            if (isUnknown)
            {
                // Neighbours that are unknown are one.
                ids.AddRange(wasUnknown || UnknownId is null ? [] : [UnknownId.Value]);
            }
            else if (Pieces.ContainsKey(piece))
            {
                ids.Add(id);
            }
            else
            {
                ids.AddRange(Encoding.UTF8.GetBytes(piece).Select(value => Bytes[value]));
            }

            wasUnknown = isUnknown;
        }
    }
}
