namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>256 numbers of 2 bits; each 16 have a scale and a least number of 4 bits: <c>w = d·s·q − dmin·m</c>.</summary>
internal readonly unsafe struct Q2_K : IEncodableBlock, IWeightedBlock
{
    private const int PackedAt = 16;
    private const int ScaleAt = 80;

    public static int Elements => 256;

    public static int Bytes => 84;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block + ScaleAt) && Bits.IsFinite(block + ScaleAt + 2);

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[256];
        TwoBits.Unpack(block + PackedAt, numbers);
        float scale = Bits.Half(block + ScaleAt);
        float least = Bits.Half(block + ScaleAt + 2);
        for (int group = 0; group < 16; group++)
        {
            Bits.ScaleAndAdd(numbers + (16 * group), 16, scale * (block[group] & 0x0F), -(least * (block[group] >> 4)),
                values + (16 * group));
        }
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        float* scales = stackalloc float[16];
        float* leasts = stackalloc float[16];
        float* weights = stackalloc float[256];
        for (int i = 0; i < 256; i++)
        {
            weights[i] = MathF.Abs(values[i]);
        }

        for (int half = 0; half < 2; half++)
        {
            ScaleSearch.ScalesAndLeasts(
                values + (128 * half), weights + (128 * half), 16, 3, first: -0.5f, apart: 0.1f, steps: 15, isAbsolute: true,
                scales + (8 * half), leasts + (8 * half), numbers + (128 * half));
        }

        float largestScale = 0;
        float largestLeast = 0;
        for (int group = 0; group < 16; group++)
        {
            largestScale = scales[group] > largestScale ? scales[group] : largestScale;
            largestLeast = leasts[group] > largestLeast ? leasts[group] : largestLeast;
        }

        for (int group = 0; group < 16; group++)
        {
            int scale = largestScale > 0 ? ScaleSearch.Nearest(15 / largestScale * scales[group]) : 0;
            int least = largestLeast > 0 ? ScaleSearch.Nearest(15 / largestLeast * leasts[group]) : 0;
            block[group] = (byte)(scale | (least << 4));
        }

        Bits.PutHalf(block + ScaleAt, largestScale > 0 ? largestScale / 15 : 0);
        Bits.PutHalf(block + ScaleAt + 2, largestLeast > 0 ? largestLeast / 15 : 0);
        Divide(values, numbers, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        float* scales = stackalloc float[16];
        float* leasts = stackalloc float[16];
        float* weights = stackalloc float[256];
        float* groupWeights = stackalloc float[16];
        ScaleSearch.Weigh(values, importance, ScaleSearch.SumOfSquares(values, 256) / 256, 256, weights);
        for (int half = 0; half < 2; half++)
        {
            ScaleSearch.ScalesAndLeasts(
                values + (128 * half), weights + (128 * half), 16, 3, first: -0.9f, apart: 0.05f, steps: 36, isAbsolute: false,
                scales + (8 * half), leasts + (8 * half), numbers + (128 * half));
        }

        for (int group = 0; group < 16; group++)
        {
            groupWeights[group] = ScaleSearch.Sum(weights + (16 * group), 16);
        }

        byte* storedScales = stackalloc byte[16];
        byte* storedLeasts = stackalloc byte[16];
        Bits.PutHalf(block + ScaleAt, ScaleSearch.PositiveScale(scales, groupWeights, 16, 15, storedScales));
        Bits.PutHalf(block + ScaleAt + 2, ScaleSearch.PositiveScale(leasts, groupWeights, 16, 15, storedLeasts));
        for (int group = 0; group < 16; group++)
        {
            block[group] = (byte)(storedScales[group] | (storedLeasts[group] << 4));
        }

        Divide(values, numbers, block);
    }

    private static void Divide(float* values, byte* numbers, byte* block)
    {
        for (int group = 0; group < 16; group++)
        {
            float scale = Bits.Half(block + ScaleAt) * (block[group] & 0x0F);
            if (scale != 0)
            {
                float least = Bits.Half(block + ScaleAt + 2) * (block[group] >> 4);
                ScaleSearch.Divide(values + (16 * group), 16, least, scale, 0, 3, 0, numbers + (16 * group));
            }
        }

        TwoBits.Pack(numbers, block + PackedAt);
    }
}
