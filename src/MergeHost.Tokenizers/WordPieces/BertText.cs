using System.Globalization;
using System.Text;

namespace MergeHost.Tokenizers;

/// <summary>What BERT does with text before it is cut into pieces.</summary>
/// <remarks>The library tokenizers goes by Unicode 8; marks and punctuation that came later are none to it.</remarks>
internal static class BertText
{
    // CJK ideographs, each of which is a word.
    private static readonly (int First, int Last)[] _ideographs =
        [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF),
            (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)];

    /// <summary>A text without control characters, all white space as spaces.</summary>
    public static string Clean(string text) => Each(text, (rune, result) =>
    {
        bool isControl = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;
        if (rune.Value is '\t' or '\n' or '\r' || (!isControl && Rune.IsWhiteSpace(rune)))
        {
            result.Append(' ');
        }
        else if (!isControl && rune.Value != 0xFFFD)
        {
            result.Append(rune);
        }
    });

    /// <summary>A text with spaces around each ideograph.</summary>
    public static string SpaceIdeographs(string text) => Each(text, (rune, result) =>
    {
        if (Array.Exists(_ideographs, range => rune.Value >= range.First && rune.Value <= range.Last))
        {
            result.Append(' ').Append(rune).Append(' ');
        }
        else
        {
            result.Append(rune);
        }
    });

    /// <summary>A text without the marks that letters carry.</summary>
    public static string WithoutMarks(string text) => Each(text.Normalize(NormalizationForm.FormD), (rune, result) =>
    {
        if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
        {
            result.Append(rune);
        }
    });

    /// <summary>A text in lower case, letter by letter.</summary>
    public static string Lower(string text) => Each(text, (rune, result) =>
    {
        if (rune.Value == 'İ')
        {
            // The one letter that becomes two.
            result.Append("i\u0307");
        }
        else
        {
            result.Append(Rune.ToLowerInvariant(rune));
        }
    });

    /// <summary>The words of a text; each punctuation character is one.</summary>
    public static IEnumerable<string> Words(string text)
    {
        int start = 0;
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = rune.Utf16SequenceLength;
            bool isSpace = Rune.IsWhiteSpace(rune);
            if (isSpace || IsPunctuation(rune))
            {
                if (place > start)
                {
                    yield return text[start..place];
                }

                if (!isSpace)
                {
                    yield return text.Substring(place, length);
                }

                start = place + length;
            }

            place += length;
        }

        if (place > start)
        {
            yield return text[start..];
        }
    }

    private static bool IsPunctuation(Rune rune) =>
        rune.IsAscii ? char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value) : Rune.IsPunctuation(rune);

    private static string Each(string text, Action<Rune, StringBuilder> append)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            append(rune, result);
        }

        return result.ToString();
    }
}
