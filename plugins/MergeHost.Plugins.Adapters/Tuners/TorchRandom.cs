namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>What torch draws on the processor after <c>manual_seed</c>, as far as adapters leave it out of their files: MT19937.</summary>
/// <seealso href="https://doi.org/10.1145/272991.272995">Matsumoto, Nishimura, Mersenne twister</seealso>
internal sealed class TorchRandom
{
    private const int Length = 624;
    private const int Shift = 397;

    private readonly uint[] _state = new uint[Length];
    private int _next = Length;

    public TorchRandom(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Length; i++)
        {
            _state[i] = (1_812_433_253 * (_state[i - 1] ^ (_state[i - 1] >> 30))) + i;
        }
    }

    /// <summary>Uniform numbers within a bound of 0.</summary>
    public float[] Uniform(int count, double bound)
    {
        float range = (float)(2 * bound);
        float least = (float)-bound;
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = ((Next() & 0xFFFFFF) * (1f / (1 << 24)) * range) + least;
        }

        return numbers;
    }

    /// <summary>The first numbers of a random order of all below a count, of which only those that moved are kept.</summary>
    public long[] Permutation(long count, int wanted)
    {
        Dictionary<long, long> moved = [];
        long[] result = new long[wanted];
        for (long i = 0; i < wanted; i++)
        {
            long other = i < count - 1 ? i + (Next() % (count - i)) : i;
            result[i] = moved.GetValueOrDefault(other, other);
            moved[other] = moved.GetValueOrDefault(i, i);
        }

        return result;
    }

    private uint Next()
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
}
