using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Storage.Text;

namespace MergeHost.Tokenizers;

/// <summary>The patterns by which a <c>tokenizer.json</c> cuts text into pieces, one after another, before it merges bytes.</summary>
/// <remarks>
/// .NET's patterns see UTF-16, for which a letter outside the first plane is two signs that are no letters. They are given a shadow
/// of the text instead, in which one sign of the same category stands for each such character.
/// </remarks>
internal sealed class PiecePattern
{
    // What `ByteLevel` means by itself: GPT-2's pattern.
    private const string Gpt2 = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly IReadOnlyList<BoundedPattern> _patterns;

    private PiecePattern(IEnumerable<string> patterns)
    {
        _patterns = [.. patterns.Select(pattern => new BoundedPattern(pattern,
            reason => TokenizerException.Broken("tokenizer.json", $"the pre-tokenizer's pattern: {reason}")))];
    }

    /// <summary>Reads the patterns.</summary>
    /// <exception cref="MergeHostException">MH6004: the pre-tokenizer is of no kind that is read to the letter.</exception>
    public static PiecePattern Read(JsonNode? preTokenizer)
    {
        IReadOnlyList<JsonNode> steps = TokenizerSteps.Of(preTokenizer);
        string?[] patterns = [.. steps.SkipLast(1).Select(IsolatedPattern)];
        bool? usesOwn = steps.Count == 0 ? null : OwnPattern(steps[^1]);
        return usesOwn is { } own && patterns.All(pattern => pattern is not null) && (own || patterns.Length > 0)
            ? new PiecePattern([.. patterns.OfType<string>(), .. own ? (string[])[Gpt2] : []])
            : throw TokenizerException.Unsupported("tokenizer.json", $"pre-tokenizer {preTokenizer.Words()}",
                "ByteLevel without a prefix space, after any Digits and Splits by a regular expression whose matches are isolated");
    }

    /// <summary>Cuts a text: what a pattern matches, and what lies between; each piece again by the next pattern.</summary>
    public IEnumerable<string> Cut(string text) =>
        _patterns.Aggregate((IEnumerable<string>)[text], (pieces, pattern) => pieces.SelectMany(piece => Cut(pattern, piece)));

    private static IEnumerable<string> Cut(BoundedPattern pattern, string text)
    {
        StringBuilder shadow = new(text.Length);
        List<int> offsets = new(text.Length + 1);
        int offset = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            offsets.Add(offset);
            shadow.Append(rune.IsBmp ? (char)rune.Value : Substitute(rune));
            offset += rune.Utf16SequenceLength;
        }

        offsets.Add(offset);
        int done = 0;
        foreach (Match match in pattern.Matches(shadow.ToString()))
        {
            if (match.Index > done)
            {
                yield return text[offsets[done]..offsets[match.Index]];
            }

            done = match.Index + match.Length;
            yield return text[offsets[match.Index]..offsets[done]];
        }

        if (shadow.Length > done)
        {
            yield return text[offsets[done]..];
        }
    }

    // Whether a last step has the pattern of its own; null if it is no step that makes bytes of text.
    private static bool? OwnPattern(JsonNode step) =>
        step.Find("type").AsText() == "ByteLevel" && step.Find("add_prefix_space").AsTruth() != true
            ? step.Find("use_regex").AsTruth() ?? true
            : null;

    private static string? IsolatedPattern(JsonNode step) => step.Find("type").AsText() switch
    {
        "Split" when step.Find("behavior").AsText() == "Isolated" && step.Find("invert").AsTruth() != true =>
            step.Find("pattern").Find("Regex").AsText(),
        "Digits" => step.Find("individual_digits").AsTruth() == true ? @"\p{N}" : @"\p{N}+",
        _ => null,
    };

    private static char Substitute(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter => 'Ø',
        UnicodeCategory.LowercaseLetter => 'ø',
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.TitlecaseLetter => 'ƻ',
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => '\u0300',
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => '²',
        _ => '☃',
    };
}
