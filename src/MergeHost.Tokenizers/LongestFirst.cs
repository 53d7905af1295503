using System.Text.RegularExpressions;

namespace MergeHost.Tokenizers;

/// <summary>A pattern that finds words in a text, the longest of those that begin at a place.</summary>
internal static class LongestFirst
{
    /// <summary>The pattern, or <see langword="null"/> if there are no words.</summary>
    public static Regex? Of(IReadOnlyCollection<string> words) => words.Count == 0
        ? null
        : new Regex(string.Join('|', words.OrderByDescending(word => word.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
}
