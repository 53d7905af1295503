namespace MergeHost.Kernels.Randomness;

/// <summary>The generator MT19937, from which Python and torch draw: 32 bits at a time.</summary>
/// <seealso href="https://doi.org/10.1145/272991.272995">Matsumoto, Nishimura, Mersenne twister</seealso>
public sealed class MersenneTwister
{
    private const int Length = 624;
    private const int Shift = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    /// <summary>Seeds by a number, as the authors' <c>init_genrand</c> does.</summary>
    public MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Length; i++)
        {
            _state[i] = (1_812_433_253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + i;
        }
    }

    /// <summary>Seeds by several numbers, as the authors' <c>init_by_array</c> does.</summary>
    /// <param name="key">1 to 624 of them.</param>
    public MersenneTwister(ReadOnlySpan<uint> key)
        : this(19_650_218)
    {
        int place = 1;
        for (int round = 0; round < Length; round++)
        {
            int word = round % key.Length;
            Mix(place, 1_664_525, key[word] + (uint)word);
            place = After(place);
        }

        for (int round = 1; round < Length; round++)
        {
            Mix(place, 1_566_083_941, (uint)-place);
            place = After(place);
        }

        _state[0] = 0x80000000;
    }

    /// <summary>The next 32 bits.</summary>
    public uint Next()
    {
        if (_next == Length)
        {
            Twist();
        }

        uint bits = _state[_next++];
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9D2C5680;
        bits ^= (bits << 15) & 0xEFC60000;
        return bits ^ (bits >> 18);
    }

    private void Twist()
    {
        for (int i = 0; i < Length; i++)
        {
            uint bits = (_state[i] & 0x80000000) | (_state[(i + 1) % Length] & 0x7FFFFFFF);
            _state[i] = _state[(i + Shift) % Length] ^ (bits >> 1) ^ ((bits & 1) * 0x9908B0DF);
        }

        _next = 0;
    }

    private void Mix(int place, uint factor, uint added) =>
        _state[place] = (_state[place] ^ ((_state[place - 1] ^ (_state[place - 1] >> 30)) * factor)) + added;

    // The first word is a copy of the last when seeding goes round.
    private int After(int place)
    {
        if (place + 1 < Length)
        {
            return place + 1;
        }

        _state[0] = _state[Length - 1];
        return 1;
    }
}
