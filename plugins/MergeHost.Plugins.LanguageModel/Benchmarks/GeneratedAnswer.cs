using System.Text;
using System.Text.RegularExpressions;
using MergeHost.Checkpoints;
using MergeHost.Storage.Text;

namespace MergeHost.Plugins.LanguageModel.Benchmarks;

/// <summary>Compares what a model wrote with right answers.</summary>
/// <param name="options">How.</param>
internal sealed partial class GeneratedAnswer(GenerateOptions options)
{
    private readonly BoundedPattern? _pattern = Make(options.Pattern);
    private readonly BoundedPattern? _ignored = Make(options.Ignore);

    /// <summary>1 if the answer equals one of the right ones, 0 if not.</summary>
    public double ExactMatch(string text, IReadOnlyList<string> answers) =>
        answers.Any(answer => Clean(Extract(text)) == Clean(answer)) ? 1 : 0;

    /// <summary>The share of common words, as the harmonic mean of precision and recall; the best of the right answers counts.</summary>
    /// <remarks>Small letters, without punctuation and the articles a, an, the, as in SQuAD.</remarks>
    /// <seealso href="https://arxiv.org/abs/1606.05250"/>
    public double F1(string text, IReadOnlyList<string> answers) => answers.Max(answer => F1(Words(Extract(text)), Words(answer)));

    /// <summary>What the pattern finds in a text; all of it without a pattern.</summary>
    public string Extract(string text)
    {
        if (_pattern is null)
        {
            return text;
        }

        IReadOnlyList<Match> matches = _pattern.Matches(text);
        int place = options.PatternMatch < 0 ? matches.Count + options.PatternMatch : options.PatternMatch;
        return place < 0 || place >= matches.Count ? ""
            : matches[place].Groups.Values.Skip(1).FirstOrDefault(group => group.Length > 0)?.Value ?? matches[place].Value;
    }

    private string Clean(string text)
    {
        string cleaned = (_ignored?.Remove(text) ?? text).Trim();
        return options.IgnoreCase ? cleaned.ToLowerInvariant() : cleaned;
    }

    private static double F1(string[] found, string[] wanted)
    {
        if (found.Length == 0 || wanted.Length == 0)
        {
            return found.Length == wanted.Length ? 1 : 0;
        }

        int both = found.CountBy(word => word).Sum(word => Math.Min(word.Value, wanted.Count(other => other == word.Key)));
        return 2.0 * both / (found.Length + wanted.Length);
    }

    private static string[] Words(string text)
    {
        StringBuilder plain = new();
        foreach (Rune rune in text.ToLowerInvariant().EnumerateRunes())
        {
            plain.Append(rune.IsAscii && (Rune.IsPunctuation(rune) || Rune.IsSymbol(rune)) ? "" : rune.ToString());
        }

        return Article().Replace(plain.ToString(), " ").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
    }

    private static BoundedPattern? Make(string? pattern) =>
        pattern is null
            ? null
            : new BoundedPattern(pattern, reason => TaskData.Unusable($"'{CheckpointException.Printable(pattern)}'", reason));

    [GeneratedRegex(@"\b(a|an|the)\b")]
    private static partial Regex Article();
}
