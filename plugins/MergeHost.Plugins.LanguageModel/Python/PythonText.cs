using System.Buffers;
using System.Globalization;
using System.Text;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>What Python takes for letters, white space and lines, and how it writes them large and small.</summary>
internal static class PythonText
{
    /// <summary><c>string.punctuation</c></summary>
    public const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    // Letters that become several when written large, each with these.
    private const string Large =
        "\u00dfSS;\u0149\u02bcN;\u01f0J\u030c;\u0390\u0399\u0308\u0301;\u03b0\u03a5\u0308\u0301;\u0587\u0535\u0552;" +
        "\u1e96H\u0331;\u1e97T\u0308;\u1e98W\u030a;\u1e99Y\u030a;\u1e9aA\u02be;\u1f50\u03a5\u0313;\u1f52\u03a5\u0313\u0300;" +
        "\u1f54\u03a5\u0313\u0301;\u1f56\u03a5\u0313\u0342;\u1f80\u1f08\u0399;\u1f81\u1f09\u0399;\u1f82\u1f0a\u0399;" +
        "\u1f83\u1f0b\u0399;\u1f84\u1f0c\u0399;\u1f85\u1f0d\u0399;\u1f86\u1f0e\u0399;\u1f87\u1f0f\u0399;\u1f88\u1f08\u0399;" +
        "\u1f89\u1f09\u0399;\u1f8a\u1f0a\u0399;\u1f8b\u1f0b\u0399;\u1f8c\u1f0c\u0399;\u1f8d\u1f0d\u0399;\u1f8e\u1f0e\u0399;" +
        "\u1f8f\u1f0f\u0399;\u1f90\u1f28\u0399;\u1f91\u1f29\u0399;\u1f92\u1f2a\u0399;\u1f93\u1f2b\u0399;\u1f94\u1f2c\u0399;" +
        "\u1f95\u1f2d\u0399;\u1f96\u1f2e\u0399;\u1f97\u1f2f\u0399;\u1f98\u1f28\u0399;\u1f99\u1f29\u0399;\u1f9a\u1f2a\u0399;" +
        "\u1f9b\u1f2b\u0399;\u1f9c\u1f2c\u0399;\u1f9d\u1f2d\u0399;\u1f9e\u1f2e\u0399;\u1f9f\u1f2f\u0399;\u1fa0\u1f68\u0399;" +
        "\u1fa1\u1f69\u0399;\u1fa2\u1f6a\u0399;\u1fa3\u1f6b\u0399;\u1fa4\u1f6c\u0399;\u1fa5\u1f6d\u0399;\u1fa6\u1f6e\u0399;" +
        "\u1fa7\u1f6f\u0399;\u1fa8\u1f68\u0399;\u1fa9\u1f69\u0399;\u1faa\u1f6a\u0399;\u1fab\u1f6b\u0399;\u1fac\u1f6c\u0399;" +
        "\u1fad\u1f6d\u0399;\u1fae\u1f6e\u0399;\u1faf\u1f6f\u0399;\u1fb2\u1fba\u0399;\u1fb3\u0391\u0399;\u1fb4\u0386\u0399;" +
        "\u1fb6\u0391\u0342;\u1fb7\u0391\u0342\u0399;\u1fbc\u0391\u0399;\u1fc2\u1fca\u0399;\u1fc3\u0397\u0399;" +
        "\u1fc4\u0389\u0399;\u1fc6\u0397\u0342;\u1fc7\u0397\u0342\u0399;\u1fcc\u0397\u0399;\u1fd2\u0399\u0308\u0300;" +
        "\u1fd3\u0399\u0308\u0301;\u1fd6\u0399\u0342;\u1fd7\u0399\u0308\u0342;\u1fe2\u03a5\u0308\u0300;" +
        "\u1fe3\u03a5\u0308\u0301;\u1fe4\u03a1\u0313;\u1fe6\u03a5\u0342;\u1fe7\u03a5\u0308\u0342;\u1ff2\u1ffa\u0399;" +
        "\u1ff3\u03a9\u0399;\u1ff4\u038f\u0399;\u1ff6\u03a9\u0342;\u1ff7\u03a9\u0342\u0399;\u1ffc\u03a9\u0399;\ufb00FF;" +
        "\ufb01FI;\ufb02FL;\ufb03FFI;\ufb04FFL;\ufb05ST;\ufb06ST;\ufb13\u0544\u0546;\ufb14\u0544\u0535;\ufb15\u0544\u053b;" +
        "\ufb16\u054e\u0546;\ufb17\u0544\u053d";

    private static readonly Dictionary<char, string> _large = Large.Split(';').ToDictionary(entry => entry[0], entry => entry[1..]);

    private static readonly SearchValues<char> _spaces =
        SearchValues.Create([.. Enumerable.Range(0, 0x10000).Select(code => (char)code).Where(IsSpace)]);

    private static readonly SearchValues<char> _lineEnds = SearchValues.Create("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029");

    private static readonly SearchValues<char> _several = SearchValues.Create([.. _large.Keys]);

    /// <summary>The letters: code points, each as a text.</summary>
    public static IReadOnlyList<string> Letters(string text)
    {
        List<string> letters = new(text.Length);
        for (int place = 0; place < text.Length; place++)
        {
            bool isPair = char.IsHighSurrogate(text[place]) && place + 1 < text.Length && char.IsLowSurrogate(text[place + 1]);
            letters.Add(text.Substring(place, isPair ? 2 : 1));
            place += isPair ? 1 : 0;
        }

        return letters;
    }

    /// <summary>How many letters there are.</summary>
    public static int Length(string text) =>
        text.Length - text.Where((letter, place) => char.IsLowSurrogate(letter) && place > 0 && char.IsHighSurrogate(text[place - 1]))
            .Count();

    /// <summary>Which of two texts comes first by its code points.</summary>
    public static int Compare(string left, string right)
    {
        int place = left.AsSpan().CommonPrefixLength(right);
        return place == left.Length || place == right.Length ? left.Length.CompareTo(right.Length)
            : char.IsSurrogate(left[place]) == char.IsSurrogate(right[place]) ? left[place].CompareTo(right[place])
            : char.IsSurrogate(left[place]) ? 1 : -1;
    }

    /// <summary>Whether a letter is white space.</summary>
    public static bool IsSpace(char letter) => char.IsWhiteSpace(letter) || letter is >= '\x1c' and <= '\x1f';

    /// <summary>A text without the white space, or other letters, at its ends.</summary>
    public static string Strip(string text, string? letters = null, bool atStart = true, bool atEnd = true)
    {
        (int start, int end) = (0, text.Length);
        while (atStart && start < end && Goes(text[start]))
        {
            start++;
        }

        while (atEnd && end > start && Goes(text[end - 1]))
        {
            end--;
        }

        return text[start..end];

        bool Goes(char letter) => letters is null ? IsSpace(letter) : letters.Contains(letter, StringComparison.Ordinal);
    }

    /// <summary>The words between white space.</summary>
    public static List<string> Words(string text, long most = -1)
    {
        List<string> words = [];
        string rest = Strip(text, atEnd: false);
        while (rest.Length > 0)
        {
            int end = most >= 0 && words.Count == most ? -1 : rest.AsSpan().IndexOfAny(_spaces);
            words.Add(end < 0 ? (most >= 0 && words.Count == most ? Strip(rest, atStart: false) : rest) : rest[..end]);
            rest = end < 0 ? "" : Strip(rest[end..], atEnd: false);
        }

        return words;
    }

    /// <summary>The lines, without their ends.</summary>
    public static List<string> Lines(string text, bool keepEnds = false)
    {
        List<string> lines = [];
        int start = 0;
        while (start < text.Length)
        {
            int found = text.AsSpan(start).IndexOfAny(_lineEnds);
            int end = found < 0 ? text.Length : start + found;
            int next = end == text.Length ? end : end + (text.AsSpan(end).StartsWith("\r\n") ? 2 : 1);
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }

        return lines;
    }

    /// <summary>All letters large; some become several.</summary>
    public static string Upper(string text)
    {
        string plain = text.ToUpperInvariant();
        return plain.AsSpan().IndexOfAny(_several) < 0
            ? plain
            : string.Concat(plain.Select(letter => _large.GetValueOrDefault(letter) ?? letter.ToString()));
    }

    /// <summary>All letters small; Σ at the end of a word is ς.</summary>
    public static string Lower(string text)
    {
        StringBuilder lower = new(text.Length);
        foreach ((int place, char letter) in text.Index())
        {
            lower.Append(letter == 'İ' ? "i̇" : letter == 'Σ' && IsFinal(text, place) ? "ς" : letter.ToString());
        }

        return lower.ToString().ToLowerInvariant();
    }

    /// <summary>The first letter large, the others small.</summary>
    public static string Capitalize(string text) => Letters(text) is [string first, ..] ? Upper(first) + Lower(text[first.Length..]) : "";

    /// <summary>The first letter of each word large, the others small.</summary>
    public static string Title(string text)
    {
        StringBuilder title = new();
        bool isInside = false;
        foreach (string letter in Letters(text))
        {
            title.Append(isInside ? Lower(letter) : Upper(letter));
            isInside = Rune.IsLetter(letter.EnumerateRunes().First());
        }

        return title.ToString();
    }

    private static bool IsFinal(string text, int place)
    {
        int before = place - 1;
        while (before >= 0 && IsIgnored(text[before]))
        {
            before--;
        }

        int after = place + 1;
        while (after < text.Length && IsIgnored(text[after]))
        {
            after++;
        }

        return before >= 0 && char.IsLetter(text[before]) && !(after < text.Length && char.IsLetter(text[after]));
    }

    private static bool IsIgnored(char letter) => letter is '\'' or '.' or ':' or '\u2019' or '\u00ad'
        || char.GetUnicodeCategory(letter) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter;
}
