namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>Eight scales and eight least numbers of 6 bits in 12 bytes, as <see cref="Q4_K"/> and <see cref="Q5_K"/> have them.</summary>
internal static unsafe class SixBitScales
{
    private const int Groups = 8;
    private const int GroupElements = 32;

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

        ScaleSearch.ScalesAndLeasts(values, weights, GroupElements, most, first, steps, isAbsolute: false, scales, leasts, numbers);
        float largestScale = 0;
        float largestLeast = 0;
        for (int group = 0; group < Groups; group++)
        {
            largestScale = scales[group] > largestScale ? scales[group] : largestScale;
            largestLeast = leasts[group] > largestLeast ? leasts[group] : largestLeast;
        }

        Bits.PutHalf(block, largestScale / 63);
        Bits.PutHalf(block + 2, largestLeast / 63);
        Put(scales, leasts, largestScale > 0 ? 63 / largestScale : 0, largestLeast > 0 ? 63 / largestLeast : 0, block + 4);
        for (int group = 0; group < Groups; group++)
        {
            (int s, int m) = Get(block + 4, group);
            float scale = Bits.Half(block) * s;
            if (scale != 0)
            {
                ScaleSearch.Divide(
                    values + (GroupElements * group), GroupElements, Bits.Half(block + 2) * m, scale, 0, most, 0, numbers + (GroupElements * group));
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

    private static void Put(float* scales, float* leasts, float inverseScale, float inverseLeast, byte* packed)
    {
        for (int group = 0; group < Groups; group++)
        {
            int scale = Math.Min(63, (int)(byte)ScaleSearch.Nearest(inverseScale * scales[group]));
            int least = Math.Min(63, (int)(byte)ScaleSearch.Nearest(inverseLeast * leasts[group]));
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
}
