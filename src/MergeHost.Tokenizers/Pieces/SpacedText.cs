namespace MergeHost.Tokenizers;

/// <summary>Text as SentencePiece's tokenizers read it: added tokens are found, spaces are replaced, and the rest is cut into
/// pieces. Not for several threads at once.</summary>
/// <seealso href="https://arxiv.org/abs/1808.06226"/>
internal sealed class SpacedText
{
    /// <summary>What stands for a space.</summary>
    public const char Space = '▁';

    /// <summary>Cuts a part without added tokens into pieces, whose ids it adds to a list.</summary>
    public required Action<string, List<int>> CutPieces { get; init; }

    /// <summary>The tokens that are found in a text first.</summary>
    public required AddedTokens Added { get; init; }

    /// <summary>Whether parts are cut at white space first, which is dropped.</summary>
    public bool DropsWhiteSpace { get; init; }

    /// <summary>Where a space is put in front, once spaces are replaced.</summary>
    public SpacePrefix Prefix { get; init; }

    /// <summary>Whether none is put in front of one.</summary>
    public bool IsPrefixedOnce { get; init; }

    /// <summary>Whether pieces never reach over the beginning of a word.</summary>
    public bool CutsWords { get; init; }

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
                continue;
            }

            foreach (TextPart inner in DropsWhiteSpace ? WithoutWhiteSpace(part) : [part])
            {
                EncodePart(inner, ids);
            }
        }

        return ids;
    }

    /// <summary>What an id stands for.</summary>
    public TokenText? Find(int id) => Added.Find(id) ?? Text(id);

    private static IEnumerable<TextPart> WithoutWhiteSpace(TextPart part)
    {
        int start = 0;
        for (int next = 0; next <= part.Text.Length; next++)
        {
            if (next < part.Text.Length && !char.IsWhiteSpace(part.Text[next]))
            {
                continue;
            }

            if (next > start)
            {
                yield return new TextPart(part.Text[start..next], null, part.IsFirst && start == 0);
            }

            start = next + 1;
        }
    }

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
                CutPieces(word, ids);
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
}
