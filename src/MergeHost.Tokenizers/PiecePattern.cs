using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Storage.Text;

namespace MergeHost.Tokenizers;

/// <summary>The pattern by which a <c>tokenizer.json</c> cuts text into pieces before it merges bytes.</summary>
/// <remarks>
/// .NET's patterns see UTF-16, for which a letter outside the first plane is two signs that are no letters. They are given a shadow
/// of the text instead, in which one sign of the same category stands for each such character.
/// </remarks>
internal sealed class PiecePattern
{
    // What `ByteLevel` means by itself: GPT-2's pattern.
    private const string Gpt2 = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly BoundedPattern _pattern;

    private PiecePattern(string pattern)
    {
        _pattern = new BoundedPattern(pattern, reason => TokenizerException.Broken("tokenizer.json", $"the pre-tokenizer's pattern: {reason}"));
    }

    /// <summary>Reads the pattern.</summary>
    /// <exception cref="MergeHostException">MH6004: the pre-tokenizer is of no kind that is read to the letter.</exception>
    public static PiecePattern Read(JsonNode? preTokenizer) => Steps(preTokenizer) switch
    {
        [JsonNode bytes] when IsByteLevel(bytes, usesPattern: true) => new PiecePattern(Gpt2),
        [JsonNode split, JsonNode bytes] when IsByteLevel(bytes, usesPattern: false) && IsolatedPattern(split) is { } pattern => new PiecePattern(pattern),
        _ => throw TokenizerException.Unsupported("tokenizer.json", $"pre-tokenizer {preTokenizer.Words()}",
            "ByteLevel, or a Split by a regular expression whose matches are isolated and then ByteLevel; without a prefix space"),
    };

    /// <summary>The steps of a pre-tokenizer, which may be one or a sequence.</summary>
    public static IReadOnlyList<JsonNode> Steps(JsonNode? preTokenizer) =>
        preTokenizer is null ? [] : preTokenizer.Find("pretokenizers") is JsonArray several ? [.. several.OfType<JsonNode>()] : [preTokenizer];

    /// <summary>Cuts a text: what the pattern matches, and what lies between.</summary>
    public IEnumerable<string> Cut(string text)
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
        foreach (Match match in _pattern.Matches(shadow.ToString()))
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

    private static bool IsByteLevel(JsonNode step, bool usesPattern) =>
        step.Find("type").AsText() == "ByteLevel" && step.Find("add_prefix_space").AsTruth() != true && (step.Find("use_regex").AsTruth() ?? true) == usesPattern;

    private static string? IsolatedPattern(JsonNode step) =>
        step.Find("type").AsText() == "Split" && step.Find("behavior").AsText() == "Isolated" && step.Find("invert").AsTruth() != true
            ? step.Find("pattern").Find("Regex").AsText()
            : null;

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
