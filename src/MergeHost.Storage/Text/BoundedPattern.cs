using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MergeHost.Storage.Text;

/// <summary>A regular expression that somebody else wrote: it takes time in proportion to the text, or else has a limit.</summary>
/// <remarks>Patterns with look-around or back references backtrack; a search with one ends after <see cref="Patience"/>.</remarks>
public sealed class BoundedPattern
{
    private const int MostCharacters = 20_000;

    private readonly Func<string, Exception> _fail;
    private readonly Regex _regex;

    /// <param name="pattern">The pattern.</param>
    /// <param name="fail">Makes the exception from a reason.</param>
    public BoundedPattern(string pattern, Func<string, Exception> fail)
    {
        _fail = fail;
        if (pattern.Length > MostCharacters)
        {
            throw fail(string.Create(CultureInfo.InvariantCulture,
                $"the regular expression has {pattern.Length:N0} characters; the most is {MostCharacters:N0}"));
        }

        try
        {
            _regex = Make(pattern);
        }
        catch (ArgumentException exception)
        {
            throw fail($"this is no regular expression: {exception.Message.TrimEnd('.')}");
        }
    }

    /// <summary>How long one search may take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    /// <summary>All matches in a text, in order.</summary>
    public IReadOnlyList<Match> Matches(string text)
    {
        try
        {
            List<Match> matches = [];
            long start = Stopwatch.GetTimestamp();
            for (Match match = _regex.Match(text); match.Success; match = match.NextMatch())
            {
                matches.Add(match);
                if ((matches.Count & 1023) == 0 && Stopwatch.GetElapsedTime(start) > Patience * 4)
                {
                    throw TooSlow();
                }
            }

            return matches;
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }
    }

    /// <summary>A text without what matches.</summary>
    public string Remove(string text)
    {
        try
        {
            return _regex.Replace(text, "");
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }
    }

    private static Regex Make(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Patience);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, Patience);
        }
    }

    private Exception TooSlow() => _fail(string.Create(
        CultureInfo.InvariantCulture, $"a search for the regular expression '{_regex}' takes more than {Patience.TotalSeconds} s"));
}
