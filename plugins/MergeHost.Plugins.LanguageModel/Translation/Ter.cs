using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Translation;

/// <summary>Translation edit rate of a corpus as sacrebleu computes it by default: edits and shifts of runs of
/// words, over the references' length.</summary>
/// <seealso href="https://aclanthology.org/2006.amta-papers.25"/>
internal sealed class Ter : ITranslationMetric
{
    private const int LongestRun = 10;
    private const int FarthestShift = 50;
    private const int MostTried = 1000;

    /// <inheritdoc/>
    public double[] Counts(string text, IReadOnlyList<string> references)
    {
        string[] said = Words(text);
        string[][] golds = [.. references.Select(Words)];
        return [golds.Min(gold => Changes(said, gold)), golds.Average(gold => gold.Length)];
    }

    /// <inheritdoc/>
    public double Score(double[] counts) => counts[1] > 0 ? 100 * counts[0] / counts[1] : counts[0] > 0 ? 100 : 0;

    private static string[] Words(string text) => [.. PythonText.Words(PythonText.Lower(text))];

    private static int Changes(string[] said, string[] gold)
    {
        int shifts = 0;
        int tried = 0;
        while (gold.Length > 0 && BestShift(said, gold, ref tried) is { Saved: > 0 } best && tried < MostTried)
        {
            said = best.Words;
            shifts++;
        }

        return shifts + EditPath.Find(said, gold).Cost;
    }

    // The shift of a run of words that saves most edits, of as many as are tried.
    private static Shift? BestShift(string[] said, string[] gold, ref int tried)
    {
        EditPath before = EditPath.Find(said, gold);
        Shift? best = null;
        for (int start = 0; start < said.Length; start++)
        {
            for (int goal = Math.Max(0, start - FarthestShift); goal < Math.Min(gold.Length, start + FarthestShift + 1); goal++)
            {
                for (int length = 1; length <= LongestRun && start + length <= said.Length && goal + length <= gold.Length
                    && said[start + length - 1] == gold[goal + length - 1]; length++)
                {
                    if (before.IsWrongHere(start, goal, length) && !before.IsThere(start, goal, length))
                    {
                        best = BestOf(best, before, said, gold, start, goal, length, ref tried);
                        if (tried >= MostTried)
                        {
                            return best;
                        }
                    }
                }
            }
        }

        return best;
    }

    private static Shift? BestOf(Shift? best, EditPath before, string[] said, string[] gold, int start, int goal, int length, ref int tried)
    {
        int? last = null;
        for (int back = -1; back < length; back++)
        {
            int to = goal + back < 0 ? 0 : before.Place[goal + back] + 1;
            if (to == last)
            {
                continue;
            }

            last = to;
            tried++;
            List<string> rest = [.. said[..start], .. said[(start + length)..]];
            rest.InsertRange(Math.Min(to > start + length ? to - length : to, rest.Count), said[start..(start + length)]);
            string[] words = [.. rest];
            Shift shift = new(before.Cost - EditPath.Find(words, gold).Cost, length, -start, -to, words);
            best = best is null || shift.CompareTo(best) > 0 ? shift : best;
        }

        return best;
    }

    private sealed record Shift(int Saved, int Length, int Start, int To, string[] Words) : IComparable<Shift>
    {
        public int CompareTo(Shift? other)
        {
            int order = (Saved, Length, Start, To).CompareTo((other!.Saved, other.Length, other.Start, other.To));
            return order != 0 ? order : Words.Zip(other.Words, PythonText.Compare).FirstOrDefault(sign => sign != 0);
        }
    }
}
