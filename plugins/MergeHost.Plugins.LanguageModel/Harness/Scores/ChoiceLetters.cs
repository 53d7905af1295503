using System.Globalization;
using System.Text;
using MergeHost.Plugins.LanguageModel.Harness.Tasks;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Harness.Scores;

/// <summary>Finds which choice an answer names: by a pattern, by the choice's text, or by a letter after a colon.</summary>
internal sealed class ChoiceLetters(PythonRegex pattern, long place, string fallback, bool ignoresCase, bool ignoresPunctuation,
    IReadOnlyList<PythonRegex> ignored)
{
    /// <summary>One of the matches of a pattern: of several groups the first that is not empty.</summary>
    /// <param name="matches">The matches.</param>
    /// <param name="place">Which, from the end if negative.</param>
    /// <returns><see langword="null"/> if there is no match, or none of its groups.</returns>
    /// <exception cref="FormatException">There are fewer matches.</exception>
    public static string? Pick(IReadOnlyList<string[]> matches, long place)
    {
        if (matches.Count == 0)
        {
            return null;
        }

        long found = place < 0 ? place + matches.Count : place;
        string[] groups = found >= 0 && found < matches.Count
            ? matches[(int)found]
            : throw new FormatException($"'group_select: {place}', but the pattern matches {matches.Count} times");
        string? text = groups.Length > 1 ? groups.FirstOrDefault(group => group.Length > 0) : groups[0];
        return text is null ? null : PythonText.Strip(text);
    }

    /// <summary>The choice that an answer names, such as <c>(B)</c>.</summary>
    /// <exception cref="FormatException">The item has no choices.</exception>
    public string Find(string answer, TaskDocument item)
    {
        if (!item.Fields.TryGetValue("choices", out object? choices) || choices is not IReadOnlyList<object?> list)
        {
            throw new FormatException("'multi_choice_regex' needs a field 'choices' that is a list of texts");
        }

        string[] letters = [.. list.Select((_, index) => new Rune('A' + index).ToString())];
        if (Pick(pattern.FindAll(answer), place) is { Length: > 0 } first)
        {
            return first;
        }

        Dictionary<string, string> texts = [];
        foreach ((string letter, object? choice) in letters.Zip(list))
        {
            texts[Plain(PythonText.Strip(PythonValue.Text(choice)))] = $"({letter})";
        }

        // The longest is looked for first.
        string[] wanted = [.. texts.Keys.OrderByDescending(PythonText.Length)];
        string plain = Plain(answer);
        List<string[]> named = [];
        for (int at = 0; at < plain.Length; at++)
        {
            if (wanted.FirstOrDefault(text => text.Length > 0 && plain.AsSpan(at).StartsWith(text)) is { } text)
            {
                named.Add([text]);
                at += text.Length - 1;
            }
        }

        if (Pick(named, place) is { Length: > 0 } second)
        {
            return texts.GetValueOrDefault(second, second);
        }

        IReadOnlyList<string[]> colons = new PythonRegex($@":[\s]*({string.Join('|', letters)})").FindAll(answer);
        return Pick(colons, place) is { Length: > 0 } third ? $"({third})" : fallback;
    }

    private string Plain(string text)
    {
        string plain = ignored.Aggregate(text, (left, pattern) => pattern.Replace(left, ""));
        plain = ignoresCase ? PythonText.Lower(plain) : plain;
        return ignoresPunctuation
            ? string.Concat(plain.EnumerateRunes()
                .Where(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation
                    or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
                        or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation)))
            : plain;
    }
}
