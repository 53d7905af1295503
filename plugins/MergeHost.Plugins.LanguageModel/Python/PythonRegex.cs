using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Plugins.LanguageModel.Benchmarks;
using MergeHost.Plugins.LanguageModel.Templates;
using MergeHost.Storage.Text;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>A regular expression of Python's <c>re</c>.</summary>
internal sealed class PythonRegex
{
    private readonly string _pattern;
    private readonly BoundedPattern _regex;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="MergeHostException">MH6002: it is none.</exception>
    public PythonRegex(string pattern)
    {
        _pattern = pattern;
        _regex = new BoundedPattern(Translate(pattern), reason => TaskData.Unusable($"'{CheckpointException.Printable(pattern)}'", reason));
    }

    /// <summary><c>re.findall</c>: of each match the groups, or the whole match if the expression has no group.</summary>
    /// <exception cref="MergeHostException">MH6002: it takes too long.</exception>
    public IReadOnlyList<string[]> FindAll(string text) =>
        [.. _regex.Matches(text)
            .Select(match => match.Groups.Values.Skip(match.Groups.Count > 1 ? 1 : 0).Select(group => group.Value).ToArray())];

    /// <summary><c>re.sub</c></summary>
    /// <param name="text">The text.</param>
    /// <param name="replacement">What stands for each match; <c>\1</c> and <c>\g&lt;name&gt;</c> are its groups.</param>
    /// <param name="most">The most matches that are replaced; 0 for all.</param>
    /// <exception cref="MergeHostException">MH6002: it takes too long.</exception>
    public string Replace(string text, string replacement, long most = 0)
    {
        StringBuilder replaced = new();
        int start = 0;
        foreach (Match match in _regex.Matches(text).Take(most == 0 ? int.MaxValue : (int)most))
        {
            TemplateLimits.Append(replaced, text.AsSpan(start, match.Index - start));
            TemplateLimits.Append(replaced, Expand(match, replacement));
            start = match.Index + match.Length;
        }

        return replaced.Append(text, start, text.Length - start).ToString();
    }

    // What Python writes otherwise, or means otherwise by the same signs.
    private static string Translate(string pattern)
    {
        StringBuilder text = new();
        bool isClass = false;
        for (int place = 0; place < pattern.Length; place++)
        {
            char sign = pattern[place];
            string rest = pattern[place..];
            if (sign == '\\' && place + 1 < pattern.Length)
            {
                char next = pattern[++place];
                text.Append(next == 'Z' && !isClass ? @"\z"
                    : next == 's' ? (isClass ? @"\s\x1c-\x1f" : @"[\s\x1c-\x1f]")
                    : next == 'S' && !isClass ? @"[^\s\x1c-\x1f]"
                    : $"\\{next}");
            }
            else if (isClass)
            {
                isClass = sign != ']';
                text.Append(sign == '[' ? @"\[" : sign.ToString());
            }
            else if (sign == '[')
            {
                // A bracket that closes nothing is one of the class.
                string start = rest.StartsWith("[^]", StringComparison.Ordinal)
                    ? "[^]"
                    : rest.StartsWith("[]", StringComparison.Ordinal) ? "[]" : rest.StartsWith("[^", StringComparison.Ordinal) ? "[^" : "[";
                text.Append(start.Replace("]", @"\]", StringComparison.Ordinal));
                place += start.Length - 1;
                isClass = true;
            }
            else if (rest.StartsWith("(?P<", StringComparison.Ordinal))
            {
                text.Append("(?<");
                place += 3;
            }
            else if (rest.StartsWith("(?P=", StringComparison.Ordinal) && rest.Contains(')', StringComparison.Ordinal))
            {
                int end = rest.IndexOf(')', StringComparison.Ordinal);
                text.Append(CultureInfo.InvariantCulture, $"\\k<{rest[4..end]}>");
                place += end;
            }
            else
            {
                text.Append(rest.StartsWith("{,", StringComparison.Ordinal) ? "{0" : sign.ToString());
            }
        }

        return text.ToString();
    }

    private string Expand(Match match, string replacement)
    {
        StringBuilder text = new();
        for (int place = 0; place < replacement.Length; place++)
        {
            if (replacement[place] != '\\' || place + 1 == replacement.Length)
            {
                text.Append(replacement[place]);
                continue;
            }

            char next = replacement[++place];
            if (char.IsAsciiDigit(next))
            {
                string number = place + 1 < replacement.Length && char.IsAsciiDigit(replacement[place + 1])
                    ? replacement.Substring(place++, 2)
                    : next.ToString();
                TemplateLimits.Append(text, Group(match, number));
            }
            else if (next == 'g' && replacement.IndexOf('>', place) is var end and > 0 && replacement[place + 1] == '<')
            {
                TemplateLimits.Append(text, Group(match, replacement[(place + 2)..end]));
                place = end;
            }
            else
            {
                text.Append(next switch { 'n' => "\n", 't' => "\t", 'r' => "\r", '\\' => "\\", _ => $"\\{next}" });
            }
        }

        return text.ToString();
    }

    private string Group(Match match, string name) => match.Groups.ContainsKey(name)
        ? match.Groups[name].Value
        : throw TaskData.Unusable($"'{_pattern}'", $"the regular expression has no group '{name}'");
}
