namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>Eight scales and eight least numbers of 6 bits in 12 bytes, as <see cref="Q4_K"/> and <see cref="Q5_K"/> have them.</summary>
internal static unsafe class SixBitScales
{
    private const int Groups = 8;
    private const int GroupElements = 32;
    private const int Most = 63;

    public static (int Scale, int Least) Get(byte* packed, int group) => group < 4
        ? (packed[group] & 0x3F, packed[group + 4] & 0x3F)
        : ((packed[group + 4] & 0x0F) | (packed[group - 4] >> 6 << 4), (packed[group + 4] >> 4) | (packed[group] >> 6 << 4));

    /// <summary>Finds the scales and least numbers of 256 numbers, stores them, and divides by them.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="most">The largest q.</param>
    /// <param name="first">See <see cref="ScaleSearch.ScalesAndLeasts"/>.</param>
    /// <param name="steps">See there.</param>
    /// <param name="block">Its first 16 bytes are written: scale, least number, and those of each group.</param>
    /// <param name="numbers">All q.</param>
    public static void Find(float* values, int most, float first, int steps, byte* block, byte* numbers)
    {
        float* scales = stackalloc float[Groups];
        float* leasts = stackalloc float[Groups];
        float* weights = stackalloc float[Groups * GroupElements];
        for (int group = 0; group < Groups; group++)
        {
            Weigh(values + (GroupElements * group), weights + (GroupElements * group));
        }

        ScaleSearch.ScalesAndLeasts(values, weights, GroupElements, most, first, apart: 0.1f, steps, isAbsolute: false, scales, leasts,
            numbers);
        float largestScale = 0;
        float largestLeast = 0;
        for (int group = 0; group < Groups; group++)
        {
            largestScale = scales[group] > largestScale ? scales[group] : largestScale;
            largestLeast = leasts[group] > largestLeast ? leasts[group] : largestLeast;
        }

        Bits.PutHalf(block, largestScale / Most);
        Bits.PutHalf(block + 2, largestLeast / Most);
        for (int group = 0; group < Groups; group++)
        {
            Put(
                group, Math.Min(Most, (int)(byte)ScaleSearch.Nearest((largestScale > 0 ? Most / largestScale : 0) * scales[group])),
                Math.Min(Most, (int)(byte)ScaleSearch.Nearest((largestLeast > 0 ? Most / largestLeast : 0) * leasts[group])), block + 4);
        }

        Divide(values, most, block, numbers);
    }

    /// <summary>The same by an importance matrix.</summary>
    public static void Find(float* values, float* importance, int most, byte* block, byte* numbers)
    {
        float* scales = stackalloc float[Groups];
        float* leasts = stackalloc float[Groups];
        float* weights = stackalloc float[Groups * GroupElements];
        float* groupWeights = stackalloc float[Groups];
        ScaleSearch.Weigh(values, importance, 2 * ScaleSearch.SumOfSquares(values, Groups * GroupElements) / (Groups * GroupElements),
            Groups * GroupElements, weights);
        for (int group = 0; group < Groups; group++)
        {
            groupWeights[group] = ScaleSearch.Sum(weights + (GroupElements * group), GroupElements);
        }

        ScaleSearch.ScalesAndLeasts(values, weights, GroupElements, most, first: -0.9f, apart: 0.05f, steps: 36, isAbsolute: false, scales,
            leasts, numbers);
        byte* storedScales = stackalloc byte[Groups];
        byte* storedLeasts = stackalloc byte[Groups];
        Bits.PutHalf(block, ScaleSearch.PositiveScale(scales, groupWeights, Groups, Most, storedScales));
        Bits.PutHalf(block + 2, ScaleSearch.PositiveScale(leasts, groupWeights, Groups, Most, storedLeasts));
        for (int group = 0; group < Groups; group++)
        {
            Put(group, storedScales[group], storedLeasts[group], block + 4);
        }

        Divide(values, most, block, numbers);
    }

    private static void Divide(float* values, int most, byte* block, byte* numbers)
    {
        for (int group = 0; group < Groups; group++)
        {
            (int s, int m) = Get(block + 4, group);
            float scale = Bits.Half(block) * s;
            if (scale != 0)
            {
                ScaleSearch.Divide(
                    values + (GroupElements * group), GroupElements, Bits.Half(block + 2) * m, scale, 0, most, 0,
                    numbers + (GroupElements * group));
            }
        }
    }

    // Large numbers count more, by their distance from zero beyond the root of the mean square.
    private static void Weigh(float* values, float* weights)
    {
        float sum = 0;
        for (int i = 0; i < GroupElements; i++)
        {
            sum += values[i] * values[i];
        }

        float width = MathF.Sqrt(sum / GroupElements);
        for (int i = 0; i < GroupElements; i++)
        {
            weights[i] = width + MathF.Abs(values[i]);
        }
    }

    // The first four groups come first: the others have their high bits in them.
    private static void Put(int group, int scale, int least, byte* packed)
    {
        if (group < 4)
        {
            packed[group] = (byte)scale;
            packed[group + 4] = (byte)least;
        }
        else
        {
            packed[group + 4] = (byte)((scale & 0x0F) | ((least & 0x0F) << 4));
            packed[group - 4] |= (byte)(scale >> 4 << 6);
            packed[group] |= (byte)(least >> 4 << 6);
        }
    }
}
