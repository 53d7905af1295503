using MergeHost.Kernels.Randomness;

namespace MergeHost.Plugins.Moe.Routing;

/// <summary>Random numbers that depend on a seed, a name and their place, and on nothing else.</summary>
internal readonly struct NoiseSource(long seed, string name)
{
    private const double Wide = 65_536.0 * 65_536.0;

    /// <summary>Uniform numbers in (-1, 1).</summary>
    public float[] Uniform(int count) => [.. Wider(count).Select(number => (float)((2 * number) - 1))];

    /// <summary>Normal numbers of mean 0 and variance 1, by Box and Muller.</summary>
    public float[] Normal(int count)
    {
        ushort[] angles = Stream(2, count);
        return [.. Wider(count)
            .Select((number, index) => (float)(Math.Sqrt(-2 * Math.Log(number)) * Math.Cos(2 * Math.PI * (angles[index] + 0.5) / 65_536)))];
    }

    // In (0, 1), of 32 bits.
    private IEnumerable<double> Wider(int count)
    {
        ushort[] low = Stream(0, count);
        ushort[] high = Stream(1, count);
        return high.Select((number, index) => ((65_536.0 * number) + low[index] + 0.5) / Wide);
    }

    private ushort[] Stream(int stream, int count)
    {
        ushort[] numbers = new ushort[count];
        new Philox(seed, stream, name).Fill(0, numbers);
        return numbers;
    }
}
