namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>64 numbers of type E2M1; each 16 have a scale of type E4M3 without sign: <c>w = s·q</c>.</summary>
internal readonly unsafe struct NVFP4 : IBlock
{
    public static int Elements => 64;

    public static int Bytes => 36;

    // What is NaN in E4M3 counts as 0 here.
    public static bool IsFinite(byte* block) => true;

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[32];
        for (int pair = 0; pair < 2; pair++)
        {
            // 16 bytes hold two groups of 16: of each, 8 bytes with the low halves first.
            Codebook.LookUp(block + 4 + (16 * pair), Codebook.Float4, numbers);
            float* target = values + (32 * pair);
            Bits.Scale(numbers, 8, HalfScale(block[2 * pair]), target);
            Bits.Scale(numbers + 16, 8, HalfScale(block[2 * pair]), target + 8);
            Bits.Scale(numbers + 8, 8, HalfScale(block[(2 * pair) + 1]), target + 16);
            Bits.Scale(numbers + 24, 8, HalfScale(block[(2 * pair) + 1]), target + 24);
        }
    }

    // Half of the scale, since the codebook is doubled.
    private static float HalfScale(byte code)
    {
        int exponent = (code >> 3) & 0x0F;
        int fraction = code & 7;
        return code is 0 or 0x7F ? 0 : MathF.ScaleB(exponent == 0 ? fraction : 8 + fraction, Math.Max(exponent, 1) - 11);
    }
}
