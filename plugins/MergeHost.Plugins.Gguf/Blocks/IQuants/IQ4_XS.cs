namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers of a codebook; each 32 have a scale of 6 bits: <c>w = d·(s − 32)·c[q]</c>.</summary>
internal readonly unsafe struct IQ4_XS : IEncodableBlock, IWeightedBlock
{
    private const int HighScalesAt = 2;
    private const int LowScalesAt = 4;
    private const int PackedAt = 8;

    public static int Elements => 256;

    public static int Bytes => 136;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        int high = Bits.UInt16(block + HighScalesAt);
        sbyte* numbers = stackalloc sbyte[32];
        for (int group = 0; group < 8; group++)
        {
            int s = ((block[LowScalesAt + (group / 2)] >> (group % 2 * 4)) & 0x0F) | (((high >> (2 * group)) & 3) << 4);
            Codebook.LookUp(block + PackedAt + (16 * group), Codebook.NonLinear, numbers);
            Bits.Scale(numbers, 32, scale * (s - 32), values + (32 * group));
        }
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        float* weights = stackalloc float[256];
        ScaleSearch.Square(values, 256, weights);
        Put(values, weights, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[256];
        ScaleSearch.Weigh(values, importance, ScaleSearch.SumOfSquares(values, 256) * (2f / 256), 256, weights);
        Put(values, weights, block);
    }

    private static void Put(float* values, float* weights, byte* block)
    {
        float* scales = stackalloc float[8];
        for (int group = 0; group < 8; group++)
        {
            scales[group] = CodebookSearch.Scale(values + (32 * group), weights + (32 * group));
        }

        new Span<byte>(block, PackedAt).Clear();
        float scale = -ScaleSearch.Extreme(scales, 8) / 32;
        Bits.PutHalf(block, scale);
        float inverse = scale != 0 ? 1 / scale : 0;
        int high = 0;
        byte* numbers = stackalloc byte[32];
        for (int group = 0; group < 8; group++)
        {
            int s = Math.Clamp(ScaleSearch.Nearest(inverse * scales[group]), -32, 31);
            float groupScale = scale * s;
            CodebookSearch.Choose(values + (32 * group), groupScale != 0 ? 1 / groupScale : 0, numbers);
            Bits.PackNibbles(numbers, 16, block + PackedAt + (16 * group));
            block[LowScalesAt + (group / 2)] |= (byte)(((s + 32) & 0x0F) << (group % 2 * 4));
            high |= (s + 32) >> 4 << (2 * group);
        }

        block[HighScalesAt] = (byte)high;
        block[HighScalesAt + 1] = (byte)(high >> 8);
    }
}
