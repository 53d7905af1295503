using System.Text;
using System.Text.Json.Nodes;
using MergeHost.Checkpoints;

namespace MergeHost.Tokenizers;

/// <summary>Reads what a <c>tokenizer.json</c> does with text before anything is cut.</summary>
internal static class TextNormalizer
{
    private const string Json = "tokenizer.json";

    /// <summary>Reads the normalizer; a text stays as it is without one.</summary>
    /// <exception cref="MergeHostException">MH6004: a step is not known here; MH2013: one is broken.</exception>
    public static Func<string, string> Read(JsonNode? normalizer)
    {
        Func<string, string>[] steps = [.. TokenizerSteps.Of(normalizer).Select(Step)];
        return text => steps.Aggregate(text, (changed, step) => step(changed));
    }

    private static Func<string, string> Step(JsonNode step) => step.Find("type").AsText() switch
    {
        "NFC" => text => text.Normalize(NormalizationForm.FormC),
        "NFD" => text => text.Normalize(NormalizationForm.FormD),
        "NFKC" => text => text.Normalize(NormalizationForm.FormKC),
        "NFKD" => text => text.Normalize(NormalizationForm.FormKD),
        "Lowercase" => BertText.Lower,
        "Strip" => text => Strip(text, step.Find("strip_left").AsTruth() != false, step.Find("strip_right").AsTruth() != false),
        "Prepend" when step.Find("prepend").AsText() is { } prefix => text => text.Length == 0 ? text : prefix + text,
        "Replace" when step.Find("content").AsText() is { } content && step.Find("pattern") is { } pattern =>
            Replace(step, pattern, content),
        "Precompiled" when step.Find("precompiled_charsmap").AsText() is { } map => CharacterMap.Read(map).Apply,
        "BertNormalizer" => Bert(step),
        _ => throw TokenizerException.Unsupported(Json, $"normalizer {step.Words()}",
            "NFC, NFD, NFKC, NFKD, Lowercase, Strip, Prepend, Replace, Precompiled, BertNormalizer and sequences of them"),
    };

    private static Func<string, string> Replace(JsonNode step, JsonNode pattern, string content) =>
        (pattern.Find("String").AsText(), pattern.Find("Regex").AsText()) switch
        {
            ({ Length: > 0 } literal, null) => text => text.Replace(literal, content, StringComparison.Ordinal),
            (null, " {2,}") => text => RunsOfSpaces(text, content),
            _ => throw TokenizerException.Unsupported(Json, $"normalizer {step.Words()}", "Replace of a text, or of ' {2,}'"),
        };

    private static string RunsOfSpaces(string text, string content)
    {
        StringBuilder result = new(text.Length);
        for (int place = 0; place < text.Length;)
        {
            int length = text.AsSpan(place).IndexOfAnyExcept(' ');
            length = length < 0 ? text.Length - place : length;
            result.Append(length >= 2 ? content : length == 1 ? " " : text[place].ToString());
            place += Math.Max(length, 1);
        }

        return result.ToString();
    }

    private static string Strip(string text, bool left, bool right)
    {
        string stripped = left ? text.TrimStart() : text;
        return right ? stripped.TrimEnd() : stripped;
    }

    // Marks go with capitals unless it is said otherwise.
    private static Func<string, string> Bert(JsonNode step)
    {
        bool lowers = step.Find("lowercase").AsTruth() ?? true;
        (bool Applies, Func<string, string> Change)[] changes =
        [
            (step.Find("clean_text").AsTruth() ?? true, BertText.Clean),
            (step.Find("handle_chinese_chars").AsTruth() ?? true, BertText.SpaceIdeographs),
            (step.Find("strip_accents").AsTruth() ?? lowers, BertText.WithoutMarks),
            (lowers, BertText.Lower),
        ];
        return text => changes.Where(change => change.Applies).Aggregate(text, (changed, change) => change.Change(changed));
    }
}
