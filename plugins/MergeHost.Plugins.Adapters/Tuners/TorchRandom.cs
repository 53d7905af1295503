using MergeHost.Kernels.Randomness;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>What torch draws on the processor after <c>manual_seed</c>, as far as adapters leave it out of their files.</summary>
internal sealed class TorchRandom(uint seed)
{
    private readonly MersenneTwister _bits = new(seed);

    /// <summary>Uniform numbers within a bound of 0.</summary>
    public float[] Uniform(int count, double bound)
    {
        float range = (float)(2 * bound);
        float least = (float)-bound;
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = ((_bits.Next() & 0xFFFFFF) * (1f / (1 << 24)) * range) + least;
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
            long other = i < count - 1 ? i + (_bits.Next() % (count - i)) : i;
            result[i] = moved.GetValueOrDefault(other, other);
            moved[other] = moved.GetValueOrDefault(i, i);
        }

        return result;
    }
}
