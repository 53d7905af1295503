using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Translation;

/// <summary>chrF of a corpus as sacrebleu computes it: runs of up to six letters, β = 2; chrF++ with runs of words too.</summary>
/// <param name="wordOrder">The longest runs of words: 0 for chrF, 2 for chrF++.</param>
/// <seealso href="https://aclanthology.org/W15-3049"/>
/// <seealso href="https://aclanthology.org/W17-4770"/>
internal sealed class Chrf(int wordOrder) : ITranslationMetric
{
    private const int LetterOrder = 6;

    /// <inheritdoc/>
    public double[] Counts(string text, IReadOnlyList<string> references)
    {
        List<Dictionary<string, int>> mine = AllGrams(text);
        return references.Select(reference => Counts(mine, AllGrams(reference))).MaxBy(Score)!;
    }

    /// <inheritdoc/>
    public double Score(double[] counts)
    {
        double precision = 0;
        double recall = 0;
        int used = 0;
        for (int order = 0; order < counts.Length; order += 3)
        {
            if (counts[order] > 0 && counts[order + 1] > 0)
            {
                precision += counts[order + 2] / counts[order];
                recall += counts[order + 2] / counts[order + 1];
                used++;
            }
        }

        return precision + recall == 0 ? 0 : 100 * 5 * (precision / used) * (recall / used) / ((4 * (precision / used)) + (recall / used));
    }

    private static double[] Counts(List<Dictionary<string, int>> mine, List<Dictionary<string, int>> reference) =>
        [.. mine.Zip(reference, (one, other) => (double[])[one.Values.Sum(), other.Values.Sum(), Grams.Both(one, other)])
            .SelectMany(counts => counts)];

    private List<Dictionary<string, int>> AllGrams(string text)
    {
        List<string> spaced = PythonText.Words(text);
        IReadOnlyList<string> letters = PythonText.Letters(string.Concat(spaced));
        List<string> words = [.. spaced.SelectMany(Apart)];
        return [.. Enumerable.Range(1, LetterOrder).Select(order => Grams.Count(letters, order)),
            .. Enumerable.Range(1, wordOrder).Select(order => Grams.Count(words, order))];
    }

    // A sign at a word's end or else at its beginning is a word of its own.
    private static string[] Apart(string word) =>
        word.Length < 2 ? [word]
        : PythonText.Punctuation.Contains(word[^1], StringComparison.Ordinal) ? [word[..^1], word[^1..]]
        : PythonText.Punctuation.Contains(word[0], StringComparison.Ordinal) ? [word[..1], word[1..]]
        : [word];
}
