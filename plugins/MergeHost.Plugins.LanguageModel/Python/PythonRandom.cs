namespace MergeHost.Plugins.LanguageModel.Python;

/// <summary>Python's <c>random.Random</c>: MT19937, seeded by a whole number as Python does it.</summary>
/// <seealso href="https://doi.org/10.1145/272991.272995"/>
internal sealed class PythonRandom
{
    private const int Length = 624;
    private const int Distance = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    /// <param name="seed">Its sign does not count, as in Python.</param>
    public PythonRandom(long seed)
    {
        ulong key = (ulong)Math.Abs(seed);
        uint[] words = key > uint.MaxValue ? [(uint)key, (uint)(key >> 32)] : [(uint)key];
        _state[0] = 19650218;
        for (uint i = 1; i < Length; i++)
        {
            _state[i] = (1812433253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + i;
        }

        int place = 1;
        for (int round = 0; round < Length; round++)
        {
            int word = round % words.Length;
            Mix(place, 1664525, words[word] + (uint)word);
            place = Wrap(place + 1);
        }

        for (int round = 1; round < Length; round++)
        {
            Mix(place, 1566083941, (uint)-place);
            place = Wrap(place + 1);
        }

        _state[0] = 0x80000000;
    }

    /// <summary><c>random()</c>: a fraction in [0, 1) with 53 bits.</summary>
    public double NextDouble()
    {
        uint high = NextWord() >> 5;
        uint low = NextWord() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary><c>getrandbits(count)</c></summary>
    /// <param name="count">How many, in [1, 32].</param>
    public uint NextBits(int count) => NextWord() >> (32 - count);

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

    private uint NextWord()
    {
        if (_next == Length)
        {
            for (int i = 0; i < Length; i++)
            {
                uint bits = (_state[i] & 0x80000000) | (_state[Wrap(i + 1, 0)] & 0x7FFFFFFF);
                _state[i] = _state[(i + Distance) % Length] ^ (bits >> 1) ^ ((bits & 1) == 0 ? 0 : 0x9908B0DF);
            }

            _next = 0;
        }

        uint word = _state[_next++];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C5680;
        word ^= (word << 15) & 0xEFC60000;
        return word ^ (word >> 18);
    }

    private void Mix(int place, uint factor, uint added) =>
        _state[place] = (_state[place] ^ ((_state[place - 1] ^ (_state[place - 1] >> 30)) * factor)) + added;

    // The first word is a copy of the last when seeding goes round.
    private int Wrap(int place)
    {
        if (place < Length)
        {
            return place;
        }

        _state[0] = _state[Length - 1];
        return 1;
    }

    private static int Wrap(int place, int first) => place < Length ? place : first;
}
