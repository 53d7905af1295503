namespace MergeHost.Plugins.LanguageModel.Translation;

/// <summary>The fewest edits that make one text of another, and how its words come to stand in it.</summary>
internal sealed class EditPath
{
    // Ways that stray farther from the diagonal are not looked at.
    private const int Beam = 25;
    private const int Never = int.MaxValue / 2;

    private readonly bool[] _wrongSaid;
    private readonly bool[] _wrongGold;

    private EditPath(int cost, bool[] wrongSaid, bool[] wrongGold, int[] place)
    {
        (Cost, _wrongSaid, _wrongGold, Place) = (cost, wrongSaid, wrongGold, place);
    }

    /// <summary>How many edits there are.</summary>
    public int Cost { get; }

    /// <summary>Where the words of the wanted text stand in what was said; of a missing word the one before the gap.</summary>
    public int[] Place { get; }

    /// <summary>Finds the edits, near the diagonal as sacrebleu does; of equal ways a pair comes before an extra
    /// word, and that before a missing one.</summary>
    public static EditPath Find(string[] said, string[] gold)
    {
        int width = gold.Length + 1;
        int[] cost = new int[(said.Length + 1) * width];
        byte[] how = new byte[cost.Length];
        Array.Fill(cost, Never, width, cost.Length - width);
        for (int j = 1; j <= gold.Length; j++)
        {
            (cost[j], how[j]) = (j, 2);
        }

        double ratio = (double)gold.Length / Math.Max(1, said.Length);
        int beam = ratio / 2 > Beam ? (int)Math.Ceiling((ratio / 2) + Beam) : Beam;
        for (int i = 1; i <= said.Length; i++)
        {
            int diagonal = (int)Math.Floor(i * ratio);
            int end = i == said.Length ? width : Math.Min(width, diagonal + beam);
            for (int j = Math.Max(0, diagonal - beam); j < end; j++)
            {
                int at = (i * width) + j;
                int least = j > 0 ? cost[at - width - 1] + (said[i - 1] == gold[j - 1] ? 0 : 1) : Never;
                byte way = 0;
                if (cost[at - width] + 1 < least)
                {
                    (least, way) = (cost[at - width] + 1, 1);
                }

                if (j > 0 && cost[at - 1] + 1 < least)
                {
                    (least, way) = (cost[at - 1] + 1, 2);
                }

                (cost[at], how[at]) = (Math.Min(least, Never), way);
            }
        }

        return Walk(said, gold, cost, how);
    }

    /// <summary>Whether a run holds wrong words on both sides.</summary>
    public bool IsWrongHere(int start, int goal, int length) =>
        _wrongSaid.AsSpan(start, length).Contains(true) && _wrongGold.AsSpan(goal, length).Contains(true);

    /// <summary>Whether a run stands where it belongs already.</summary>
    public bool IsThere(int start, int goal, int length) => start <= Place[goal] && Place[goal] < start + length;

    private static EditPath Walk(string[] said, string[] gold, int[] cost, byte[] how)
    {
        bool[] wrongSaid = [.. Enumerable.Repeat(true, said.Length)];
        bool[] wrongGold = [.. Enumerable.Repeat(true, gold.Length)];
        int[] place = new int[gold.Length];
        int width = gold.Length + 1;
        (int i, int j) = (said.Length, gold.Length);
        while (i > 0 || j > 0)
        {
            switch (how[(i * width) + j])
            {
                case 0:
                    (i, j) = (i - 1, j - 1);
                    wrongSaid[i] = wrongGold[j] = said[i] != gold[j];
                    place[j] = i;
                    break;
                case 1:
                    i--;
                    break;
                default:
                    j--;
                    place[j] = i - 1;
                    break;
            }
        }

        return new EditPath(cost[^1], wrongSaid, wrongGold, place);
    }
}
