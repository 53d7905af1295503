using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MergeHost.Tokenizers;

/// <summary>Finds added tokens in texts before anything else is done with them, as Hugging Face's tokenizers does.</summary>
/// <remarks>
/// Tokens that are not normalized are found first, in the text as it is; the others in what the normalizer makes of each part between them.
/// Of several that begin at one place the longest counts.
/// </remarks>
/// <param name="tokens">The tokens.</param>
/// <param name="normalize">What the normalizer makes of a part of a text that is not empty.</param>
internal sealed class AddedTokens(IReadOnlyList<AddedToken> tokens, Func<string, string> normalize)
{
    private readonly Finder _raw = new(tokens.Where(token => !token.IsNormalized), content => content);
    private readonly Finder _normalized = new(tokens.Where(token => token.IsNormalized), normalize);
    private readonly Dictionary<int, AddedToken> _ids = tokens.DistinctBy(token => token.Id).ToDictionary(token => token.Id);

    /// <summary>What an added token stands for; <see langword="null"/> for other ids.</summary>
    public TokenText? Find(int id) =>
        _ids.TryGetValue(id, out AddedToken? token) ? new TokenText(Encoding.UTF8.GetBytes(token.Content), token.IsControl) : null;

    /// <summary>Cuts a text into added tokens, and normalized parts between them.</summary>
    public IEnumerable<TextPart> Cut(string text)
    {
        foreach (TextPart part in _raw.Cut(text))
        {
            if (part.Id is not null)
            {
                yield return part;
                continue;
            }

            foreach (TextPart inner in _normalized.Cut(normalize(part.Text)))
            {
                yield return inner with { IsFirst = part.IsFirst && inner.IsFirst };
            }
        }
    }

    private sealed class Finder
    {
        private readonly Dictionary<string, AddedToken> _tokens = [];
        private readonly Regex? _pattern;

        public Finder(IEnumerable<AddedToken> tokens, Func<string, string> spell)
        {
            foreach (AddedToken token in tokens)
            {
                _tokens.TryAdd(spell(token.Content), token);
            }

            _pattern = LongestFirst.Of(_tokens.Keys);
        }

        public IEnumerable<TextPart> Cut(string text)
        {
            int start = 0;
            for (Match? match = _pattern?.Match(text); match?.Success == true; match = match.NextMatch())
            {
                AddedToken token = _tokens[match.Value];
                int first = match.Index;
                int end = match.Index + match.Length;
                if (token.IsWord && (EndsWithWord(text.AsSpan(0, first)) || StartsWithWord(text.AsSpan(end))))
                {
                    continue;
                }

                while (token.TakesSpaceBefore && first > start && char.IsWhiteSpace(text[first - 1]))
                {
                    first--;
                }

                while (token.TakesSpaceAfter && end < text.Length && char.IsWhiteSpace(text[end]))
                {
                    end++;
                }

                if (first > start)
                {
                    yield return new TextPart(text[start..first], null, start == 0);
                }

                yield return new TextPart(match.Value, token.Id, first == 0);
                start = end;
            }

            if (start < text.Length)
            {
                yield return new TextPart(text[start..], null, start == 0);
            }
        }

        private static bool EndsWithWord(ReadOnlySpan<char> text) =>
            Rune.DecodeLastFromUtf16(text, out Rune last, out _) == System.Buffers.OperationStatus.Done && IsWord(last);

        private static bool StartsWithWord(ReadOnlySpan<char> text) =>
            Rune.DecodeFromUtf16(text, out Rune first, out _) == System.Buffers.OperationStatus.Done && IsWord(first);

        private static bool IsWord(Rune rune) => Rune.IsLetterOrDigit(rune)
            || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark
                or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
    }
}

/// <summary>A part of a text.</summary>
/// <param name="Text">The part.</param>
/// <param name="Id">The added token that it is, or <see langword="null"/> for text between such tokens.</param>
/// <param name="IsFirst">Whether the text begins with it.</param>
internal sealed record TextPart(string Text, int? Id, bool IsFirst);
