using System.Globalization;
using System.Text.RegularExpressions;

namespace MergeHost.Plugins.Gguf.Reading;

/// <summary>The name of one file of several: <c>NAME-00001-of-00003.gguf</c>.</summary>
/// <param name="Prefix">What comes before the numbers.</param>
/// <param name="Number">Which file it is, from 1 on.</param>
/// <param name="Count">How many files there are.</param>
internal sealed partial record SplitName(string Prefix, int Number, int Count)
{
    /// <summary>How GGUF files end.</summary>
    public const string Extension = ".gguf";

    /// <summary>Takes a file's name apart; <see langword="null"/> if it is not one of several.</summary>
    public static SplitName? Parse(string fileName) => Pattern().Match(fileName) is { Success: true } match
        ? new SplitName(match.Groups[1].Value, Parsed(match.Groups[2].Value), Parsed(match.Groups[3].Value))
        : null;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Prefix}-{Number:D5}-of-{Count:D5}{Extension}");

    private static int Parsed(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(.+)-([0-9]{5})-of-([0-9]{5})\.gguf\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
