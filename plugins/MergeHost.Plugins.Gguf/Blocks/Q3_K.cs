using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers of 3 bits; each 16 have a scale of 6 bits: <c>w = d·(s − 32)·(q − 4)</c>.</summary>
internal readonly unsafe struct Q3_K : IBlock
{
    private const int PackedAt = 32;
    private const int ScalesAt = 96;
    private const int ScaleAt = 108;

    public static int Elements => 256;

    public static int Bytes => 110;

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[256];
        TwoBits.Unpack(block + PackedAt, numbers);
        for (int run = 0; run < 8; run++)
        {
            // Where the third bit is missing, 4 is taken off.
            for (int at = 0; at < 32; at += 16)
            {
                sbyte* lanes = numbers + (32 * run) + at;
                Vector128<sbyte> third = Vector128.ShiftLeft(Bits.Field(block + at, run, 1), 2).AsSByte();
                (Vector128.Load(lanes) + third - Vector128.Create((sbyte)4)).Store(lanes);
            }
        }

        float scale = Bits.Half(block + ScaleAt);
        for (int group = 0; group < 16; group++)
        {
            Bits.Scale(numbers + (16 * group), 16, scale * (Scale(block + ScalesAt, group) - 32), values + (16 * group));
        }
    }

    // Low four bits in eight bytes, the second eight scales above the first; high two bits in four bytes.
    private static int Scale(byte* scales, int group) =>
        ((scales[group % 8] >> (group / 8 * 4)) & 0x0F) | (((scales[8 + (group % 4)] >> (group / 4 * 2)) & 3) << 4);
}
