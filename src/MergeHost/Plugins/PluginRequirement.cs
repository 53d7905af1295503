using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using MergeHost.Plugins.Metadata;
using NuGet.Versioning;

namespace MergeHost.Plugins;

/// <summary>Which versions of a plugin a recipe accepts, such as <c>ties@^1.2</c>.</summary>
/// <remarks>Prereleases are accepted only by a range that names one, or where no version is asked for.</remarks>
/// <param name="Id">The plugin's id.</param>
/// <param name="Range">The versions, or <see langword="null"/> for any.</param>
/// <param name="Text">The requirement as the recipe has it.</param>
internal sealed partial record PluginRequirement(string Id, VersionRange? Range, string Text)
{
    private const string Forms = "write 1.2.3, ^1.2, ~1.2, '>=1.2 <2' or '[1.2,2.0)'";

    [GeneratedRegex(@"^((?<fromLower>>=?)\s*(?<lower>[^\s<>=]+))?\s*((?<toUpper><=?)\s*(?<upper>[^\s<>=]+))?\z")]
    private static partial Regex Comparisons { get; }

    /// <summary>Where the recipe has it.</summary>
    public TextPlace? Place { get; init; }

    /// <summary>Reads a requirement.</summary>
    /// <param name="text">An id, or an id, <c>@</c> and versions.</param>
    /// <param name="requirement">What was read.</param>
    /// <param name="error">Why it cannot be read, in a sentence without a full stop.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out PluginRequirement? requirement, [NotNullWhen(false)] out string? error)
    {
        requirement = null;
        string[] parts = text.Split('@', 2, StringSplitOptions.TrimEntries);
        if (!PluginReader.IsId(parts[0]))
        {
            error = $"'{parts[0]}' is not the id of a plugin; {PluginReader.IdRule}";
            return false;
        }

        VersionRange? range = null;
        if (parts.Length == 2 && !TryParseRange(parts[1], out range, out error))
        {
            return false;
        }

        error = null;
        requirement = new PluginRequirement(parts[0], range, text.Trim());
        return true;
    }

    /// <summary>Whether a version is accepted.</summary>
    public bool Accepts(NuGetVersion version) =>
        Range is null || (Range.Satisfies(version) && (!version.IsPrerelease || NamesPrerelease(Range)));

    /// <inheritdoc cref="Text"/>
    public override string ToString() => Text;

    private static bool NamesPrerelease(VersionRange range) =>
        range.MinVersion?.IsPrerelease == true || (range.MaxVersion is { IsPrerelease: true } max && !IsFloor(max));

    private static bool TryParseRange(
        string text, [NotNullWhen(true)] out VersionRange? range, [NotNullWhen(false)] out string? error)
    {
        range = null;
        error = null;
        if (text.Contains('*'))
        {
            error = $"'{text}' floats, which would have no upper bound; {Forms}, or the id alone for any version";
            return false;
        }

        range = text switch
        {
            "" => null,
            ['^', .. string rest] => ParseVersion(rest) is { } from ? Between(from, AfterCaret(from, rest)) : null,
            ['~', .. string rest] => ParseVersion(rest) is { } from ? Between(from, AfterTilde(from, rest)) : null,
            ['[' or '(', ..] => ParseInterval(text),
            ['<' or '>', ..] => ParseComparisons(text),
            _ when NumbersGiven(text) < 3 => null,
            _ => ParseVersion(text) is { } exact ? new VersionRange(exact, true, exact, true) : null,
        };
        if (range is null)
        {
            error = $"'{text}' is not a range of versions; {Forms}";
        }
        else if (IsEmpty(range))
        {
            range = null;
            error = $"no version lies in '{text}'";
        }

        return error is null;
    }

    private static NuGetVersion? ParseVersion(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && NuGetVersion.TryParse(text, out NuGetVersion? version)
        && version is { Major: < int.MaxValue, Minor: < int.MaxValue, Patch: < int.MaxValue } ? version : null;

    private static VersionRange Between(NuGetVersion from, NuGetVersion before) => new(from, true, before, false);

    /// <summary>The first version that may break what worked: the next after the leftmost number that is not 0.</summary>
    private static NuGetVersion AfterCaret(NuGetVersion from, string text)
    {
        int given = NumbersGiven(text);
        if (from.Major > 0 || given == 1)
        {
            return Floor(from.Major + 1, 0, 0);
        }

        return from.Minor > 0 || given == 2 ? Floor(0, from.Minor + 1, 0) : Floor(0, 0, from.Patch + 1);
    }

    private static NuGetVersion AfterTilde(NuGetVersion from, string text) =>
        NumbersGiven(text) == 1 ? Floor(from.Major + 1, 0, 0) : Floor(from.Major, from.Minor + 1, 0);

    private static int NumbersGiven(string version) => version.Split('-', '+')[0].Split('.').Length;

    /// <summary>The lowest version of its numbers: below it, no prerelease of them is let in.</summary>
    private static NuGetVersion Floor(int major, int minor, int patch) => new(major, minor, patch, "0");

    private static bool IsFloor(NuGetVersion version) => version.Release == "0";

    private static VersionRange? ParseInterval(string text)
    {
        if (!VersionRange.TryParse(text, out VersionRange? range))
        {
            return null;
        }

        NuGetVersion? upper = Upper(range.MaxVersion, range.IsMaxInclusive);
        return new VersionRange(range.MinVersion, range.IsMinInclusive, upper, range.IsMaxInclusive);
    }

    private static NuGetVersion? Upper(NuGetVersion? version, bool isInclusive) =>
        version is null || isInclusive || version.IsPrerelease ? version : Floor(version.Major, version.Minor, version.Patch);

    private static VersionRange? ParseComparisons(string text)
    {
        Match match = Comparisons.Match(text);
        NuGetVersion? lower = ParseVersion(match.Groups["lower"].Value);
        NuGetVersion? upper = ParseVersion(match.Groups["upper"].Value);
        bool takesUpper = match.Groups["toUpper"].Length == 2;
        return match.Success && lower is null == !match.Groups["lower"].Success && upper is null == !match.Groups["upper"].Success
            ? new VersionRange(lower, match.Groups["fromLower"].Length == 2, Upper(upper, takesUpper), takesUpper)
            : null;
    }

    private static bool IsEmpty(VersionRange range) =>
        range is { MinVersion: { } min, MaxVersion: { } max }
        && (min > max || (min == max && !(range.IsMinInclusive && range.IsMaxInclusive)));
}
