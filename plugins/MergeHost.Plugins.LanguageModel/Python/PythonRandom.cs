using MergeHost.Kernels.Randomness;

namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Python's <c>random.Random</c>: MT19937, seeded by a whole number as Python does it.</summary>
internal sealed class PythonRandom
{
    private readonly MersenneTwister _words;

    /// <param name="seed">Its sign does not count, as in Python.</param>
    public PythonRandom(long seed)
    {
        ulong key = (ulong)Math.Abs(seed);
        _words = new MersenneTwister(key > uint.MaxValue ? [(uint)key, (uint)(key >> 32)] : [(uint)key]);
    }

    /// <summary><c>random()</c>: a fraction in [0, 1) with 53 bits.</summary>
    public double NextDouble()
    {
        uint high = _words.Next() >> 5;
        uint low = _words.Next() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary><c>getrandbits(count)</c></summary>
    /// <param name="count">How many, in [1, 32].</param>
    public uint NextBits(int count) => _words.Next() >> (32 - count);

    /// <summary>A whole number in [0, <paramref name="limit"/>).</summary>
    public int Below(int limit)
    {
        int bits = 32 - int.LeadingZeroCount(limit);
        while (true)
        {
            uint drawn = NextBits(bits);
            if (drawn < limit)
            {
                return (int)drawn;
            }
        }
    }

    /// <summary><c>sample(range(total), count)</c>: different numbers in the order in which they are drawn.</summary>
    /// <param name="total">How many there are to draw from.</param>
    /// <param name="count">How many are drawn, at most <paramref name="total"/>.</param>
    public int[] Sample(int total, int count)
    {
        int[] drawn = new int[count];
        double small = 21 + (count > 5 ? Math.Pow(4, Math.Ceiling(Math.Log(count * 3, 4))) : 0);
        if (total <= small)
        {
            int[] pool = [.. Enumerable.Range(0, total)];
            for (int i = 0; i < count; i++)
            {
                int place = Below(total - i);
                drawn[i] = pool[place];
                pool[place] = pool[total - i - 1];
            }

            return drawn;
        }

        HashSet<int> taken = [];
        for (int i = 0; i < count; i++)
        {
            do
            {
                drawn[i] = Below(total);
            }
            while (!taken.Add(drawn[i]));
        }

        return drawn;
    }

    /// <summary><c>choices(range(total), k=indices.Length)</c>: numbers, each drawn anew.</summary>
    public void Choose(int total, Span<int> indices)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            indices[i] = (int)Math.Floor(NextDouble() * total);
        }
    }
}
