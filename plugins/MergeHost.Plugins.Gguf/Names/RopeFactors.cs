using System.Runtime.InteropServices;

namespace MergeHost.Plugins.Gguf.Names;

/// <summary>Tensors with a factor for each pair of dimensions that positions rotate: by how much it rotates slower.</summary>
internal static class RopeFactors
{
    /// <summary>The factors of Llama 3.</summary>
    public const string Llama3Name = "rope_freqs.weight";

    /// <summary>Those of contexts that are longer than what a model was first trained for.</summary>
    public const string LongName = "rope_factors_long.weight";

    /// <summary>Those of other contexts.</summary>
    public const string ShortName = "rope_factors_short.weight";

    private const double Tolerance = 1e-5;
    private const int UsualLength = 8192;

    /// <summary>A tensor of factors.</summary>
    public static MadeTensor Of(string name, float[] factors) =>
        new(new TensorInfo(name, DType.F32, TensorShape.Create([factors.Length])), MemoryMarshal.AsBytes<float>(factors).ToArray());

    /// <summary>The factors of a tensor, or <see langword="null"/> if it is not there, not of F32, or not all are finite.</summary>
    public static float[]? Find(IReadOnlyList<MadeTensor> made, string name)
    {
        MadeTensor? found = made.FirstOrDefault(tensor => tensor.Info.Name == name && tensor.Info.DType == DType.F32);
        float[]? factors = found is null ? null : MemoryMarshal.Cast<byte, float>(found.Content).ToArray();
        return factors is not null && Array.TrueForAll(factors, float.IsFinite) ? factors : null;
    }

    /// <summary>
    /// The factors of Llama 3: 1 for pairs that turn round more than <paramref name="high"/> times in the original
    /// length, <paramref name="factor"/> for those that turn less than <paramref name="low"/> times, and <c>1 / ((1 − s)
    /// / factor + s)</c> between, with s from 0 to 1.
    /// </summary>
    /// <param name="theta">The base of frequencies.</param>
    /// <param name="width">The width of a head.</param>
    public static MadeTensor OfLlama3(double theta, int width, double factor, double low, double high, double originalLength) =>
        Of(Llama3Name, Llama3(theta, width, factor, low, high, originalLength));

    /// <summary>The settings that give factors; of those that give the same, one with a low factor of 1.</summary>
    /// <returns><see langword="null"/> if there are none.</returns>
    public static (double Factor, double Low, double High, long OriginalLength)? Solve(float[] factors, double theta, long contextLength)
    {
        double factor = factors.Length == 0 ? 0 : factors.Max();
        if (factor <= 1)
        {
            return null;
        }

        // The share s is straight in the number of turns: two points of it tell the line.
        (double Frequency, double Share)[] between =
        [
            .. factors.Select((value,
                index) => (Frequency(theta, 2 * factors.Length, index), ((1.0 / value) - (1 / factor)) / (1 - (1 / factor))))
                .Where(point => point.Item2 is > 1e-3 and < 1 - 1e-3),
        ];
        List<(double High, long Length)> guesses = [(4, UsualLength), (4, (long)(contextLength / factor)), (4, contextLength)];
        if (between.Length >= 2)
        {
            (double frequency, double share) = between[0];
            double slope = (between[^1].Share - share) / (between[^1].Frequency - frequency);
            double width = 1 / ((slope * frequency) - share);
            guesses.Add((1 + width, (long)Math.Round(slope * width * 2 * Math.PI)));
        }

        foreach ((double high, long length) in guesses)
        {
            float[] made = Llama3(theta, 2 * factors.Length, factor, 1, high, length);
            if (made.Zip(factors).All(pair => Math.Abs(pair.First - pair.Second) <= Tolerance * pair.Second))
            {
                return (factor, 1, high, length);
            }
        }

        return null;
    }

    // In single precision, in the order of steps of the program that converts for llama.cpp, so that the bits are the same.
    private static float[] Llama3(double theta, int width, double factor, double low, double high, double originalLength)
    {
        float[] factors = new float[width / 2];
        for (int pair = 0; pair < factors.Length; pair++)
        {
            float length = 1 / (float)Frequency(theta, width, pair) * (float)(2 * Math.PI);
            float share = (((1 / length) * (float)originalLength) - (float)low) / (float)(high - low);
            factors[pair] = length < originalLength / high ? 1
                : length > originalLength / low ? (float)factor
                : 1 / (((1 - share) / (float)factor) + share);
        }

        return factors;
    }

    private static double Frequency(double theta, int width, int pair) => 1 / (float)Math.Pow((float)theta, (float)(2 * pair) / width);
}
