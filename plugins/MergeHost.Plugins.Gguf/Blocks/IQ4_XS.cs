namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers of a codebook; each 32 have a scale of 6 bits: <c>w = d·(s − 32)·c[q]</c>.</summary>
internal readonly unsafe struct IQ4_XS : IBlock
{
    private const int HighScalesAt = 2;
    private const int LowScalesAt = 4;
    private const int PackedAt = 8;

    public static int Elements => 256;

    public static int Bytes => 136;

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
}
