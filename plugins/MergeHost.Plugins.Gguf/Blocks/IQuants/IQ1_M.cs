namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>As <see cref="IQ1_S"/>, but each 16 have a scale of 3 bits, each 8 a shift, and the
/// block's scale is spread over the others.</summary>
internal readonly unsafe struct IQ1_M : IBlock
{
    private const int HighAt = 32;
    private const int ScalesAt = 48;

    public static int Elements => 256;

    public static int Bytes => 56;

    public static bool IsFinite(byte* block) => float.IsFinite(Scale(block + ScalesAt));

    public static void Decode(byte* block, float* values)
    {
        float scale = Scale(block + ScalesAt);
        sbyte* numbers = stackalloc sbyte[16];
        for (int group = 0; group < 16; group++)
        {
            int high = block[HighAt + group];
            for (int part = 0; part < 2; part++)
            {
                int bits = high >> (4 * part);
                IQ1_S.PutShifted(block[(2 * group) + part] | ((bits & 7) << 8), (bits & 8) != 0, numbers + (8 * part));
            }

            int s = (Bits.UInt16(block + ScalesAt + (group / 4 * 2)) >> (group % 4 * 3)) & 7;
            Bits.Scale(numbers, 16, IQ1_S.Eighth(scale * ((2 * s) + 1)), values + (16 * group));
        }
    }

    // Four bits at the top of each of four words.
    private static float Scale(byte* scales)
    {
        int bits = (Bits.UInt16(scales) >> 12) | ((Bits.UInt16(scales + 2) >> 8) & 0x00F0) | ((Bits.UInt16(scales + 4) >> 4) & 0x0F00)
            | (Bits.UInt16(scales + 6) & 0xF000);
        return (float)BitConverter.UInt16BitsToHalf((ushort)bits);
    }
}
