using System.Text.RegularExpressions;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Translation;

/// <summary>BLEU of a corpus as sacrebleu computes it by default: words of 13a, runs of up to four, smoothing by halves.</summary>
/// <seealso href="https://arxiv.org/abs/1804.08771"/>
internal sealed partial class Bleu : ITranslationMetric
{
    private const int Order = 4;

    /// <inheritdoc/>
    public double[] Counts(string text, IReadOnlyList<string> references)
    {
        double[] counts = new double[(2 * Order) + 2];
        List<string> said = Words(text);
        List<List<string>> golds = [.. references.Select(Words)];
        for (int n = 1; n <= Order; n++)
        {
            Dictionary<string, int> mine = Grams.Count(said, n);
            Dictionary<string, int> best = [];
            foreach ((string gram, int count) in golds.SelectMany(gold => Grams.Count(gold, n)))
            {
                best[gram] = Math.Max(best.GetValueOrDefault(gram), count);
            }

            counts[n - 1] = Grams.Both(mine, best);
            counts[Order + n - 1] = mine.Values.Sum();
        }

        counts[^2] = said.Count;
        counts[^1] = golds.Select(gold => gold.Count).MinBy(length => (Math.Abs(length - said.Count), length));
        return counts;
    }

    /// <inheritdoc/>
    public double Score(double[] counts)
    {
        if (counts.Take(Order).All(hits => hits == 0))
        {
            return 0;
        }

        double logs = 0;
        double smooth = 1;
        for (int n = 0; n < Order; n++)
        {
            double total = counts[Order + n];
            if (total == 0)
            {
                return 0;
            }

            smooth *= counts[n] == 0 ? 2 : 1;
            logs += Math.Log(counts[n] == 0 ? 100 / (smooth * total) : 100 * counts[n] / total);
        }

        double brevity = counts[^2] >= counts[^1] ? 1 : Math.Exp(1 - (counts[^1] / counts[^2]));
        return brevity * Math.Exp(logs / Order);
    }

    private static List<string> Words(string text)
    {
        string plain = PythonText.Strip(text, atStart: false).Replace("<skipped>", "", StringComparison.Ordinal)
            .Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ')
                .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
                .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
        plain = Signs().Replace($" {plain} ", " $1 ");
        plain = AfterLetter().Replace(plain, "$1 $2 ");
        plain = BeforeLetter().Replace(plain, " $1 $2");
        return PythonText.Words(AfterDigit().Replace(plain, "$1 $2 "));
    }

    [GeneratedRegex(@"([{-~[-` -&(-+:-@/])")]
    private static partial Regex Signs();

    [GeneratedRegex(@"([^0-9])([.,])")]
    private static partial Regex AfterLetter();

    [GeneratedRegex(@"([.,])([^0-9])")]
    private static partial Regex BeforeLetter();

    [GeneratedRegex(@"([0-9])(-)")]
    private static partial Regex AfterDigit();
}
