using System.Globalization;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>An answer of one or several parts with a scale, compared as TAT-QA's own metric does.</summary>
/// <remarks>
/// Parts are put in order and joined; a number counts with its scale, so that <c>12.6 million</c> is <c>12600000</c> and <c>23.42
/// percent</c> is <c>0.2342</c>. Exact match is that of the whole; F1 is that of its words, each counted once.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2105.07624"/>
internal static partial class ScaledAnswer
{
    /// <summary>What stands between parts that a model writes.</summary>
    public const string Separator = "; ";

    private static readonly Dictionary<string, double> _scales =
        new() { ["thousand"] = 1e3, ["million"] = 1e6, ["billion"] = 1e9, ["percent"] = 0.01 };

    /// <summary>Whether a word is a scale; the empty word is that of a plain number.</summary>
    public static bool IsScale(string word) => word.Length == 0 || _scales.ContainsKey(word);

    /// <summary>The answer as a model should write it.</summary>
    public static string Write(IReadOnlyList<string> parts, string scale) =>
        string.Join(Separator, parts) + (scale.Length > 0 ? " " + scale : "");

    /// <summary>1 if a text is the answer, else 0.</summary>
    public static double ExactMatch(string text, IReadOnlyList<string> parts, string scale) =>
        Readings(text).Any(reading => Normalize(reading) == Normalize(Join(parts, scale))) ? 1 : 0;

    /// <summary>The harmonic mean of precision and recall of the words.</summary>
    public static double F1(string text, IReadOnlyList<string> parts, string scale) =>
        Readings(text).Max(reading => F1(Words(reading), Words(Join(parts, scale))));

    // As it is written, and a lone number without a scale also as it is.
    private static IEnumerable<string> Readings(string text)
    {
        string plain = text.Trim();
        string scale = _scales.Keys.FirstOrDefault(word => plain.EndsWith(" " + word, StringComparison.OrdinalIgnoreCase)) ?? "";
        string[] parts = [.. plain[..^scale.Length].Split(Separator.Trim()).Select(part => part.Trim())];
        yield return Join(parts, scale);
        if (scale.Length == 0 && parts is [string only] && !only.Contains('%', StringComparison.Ordinal) && Number(only) is { } number)
        {
            yield return Fixed(number);
        }
    }

    private static string Join(IReadOnlyList<string> parts, string scale) =>
        string.Join(' ', parts.Order(StringComparer.Ordinal).Select(part => Number(part) is not { } number
            ? scale.Length > 0 ? $"{part} {scale}" : part
            : Fixed(part.Contains('%', StringComparison.Ordinal) ? number : Math.Round(number, 2) * _scales.GetValueOrDefault(scale, 1))));

    private static string Normalize(string text) => string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word =>
        Number(word) is { } number
            ? Fixed(number)
            : Article().Replace(string.Concat(word.ToLowerInvariant()
                .Where(letter => !char.IsAscii(letter) || char.IsLetterOrDigit(letter))), "").Trim())
        .Where(word => word.Length > 0));

    private static HashSet<string> Words(string text) => [.. Normalize(text).Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    private static double F1(HashSet<string> found, HashSet<string> wanted)
    {
        int both = found.Count(wanted.Contains);
        return both == 0 ? 0 : Math.Round(2.0 * both / (found.Count + wanted.Count), 2);
    }

    // Signs of currency and thousands are left out; in parentheses a number is negative.
    private static double? Number(string text)
    {
        Match match = Numeral().Match(text.Trim());
        return match.Success
            && double.TryParse(match.Groups["digits"].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture,
                out double number)
            ? number * (match.Groups["negative"].Success ? -1 : 1) * (match.Groups["percent"].Success ? 0.01 : 1)
            : null;
    }

    private static string Fixed(double number) => number.ToString("F4", CultureInfo.InvariantCulture);

    [GeneratedRegex(
        @"^(?<negative>\(|-)?\s*(?:[$€£¥]\s*)?(?<negative>-)?"
            + @"(?<digits>[0-9][0-9,]*(?:\.[0-9]+)?|\.[0-9]+)\s*(?<percent>%)?\s*\)?$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Numeral();

    [GeneratedRegex(@"^(a|an|the)$", RegexOptions.CultureInvariant)]
    private static partial Regex Article();
}
