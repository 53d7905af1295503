using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers of 6 bits; each 16 have a scale of 8 bits: <c>w = d·s·(q − 32)</c>.</summary>
internal readonly unsafe struct Q6_K : IBlock
{
    private const int HighAt = 128;
    private const int ScalesAt = 192;
    private const int ScaleAt = 208;

    public static int Elements => 256;

    public static int Bytes => 210;

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block + ScaleAt);
        sbyte* numbers = stackalloc sbyte[128];
        for (int half = 0; half < 2; half++)
        {
            Bits.Nibbles(block + (64 * half), 64, numbers);
            for (int run = 0; run < 4; run++)
            {
                for (int at = 0; at < 32; at += 16)
                {
                    sbyte* lanes = numbers + (32 * run) + at;
                    Vector128<sbyte> high = Vector128.ShiftLeft(Bits.Field(block + HighAt + (32 * half) + at, 2 * run, 3), 4).AsSByte();
                    ((Vector128.Load(lanes) | high) - Vector128.Create((sbyte)32)).Store(lanes);
                }
            }

            for (int group = 0; group < 8; group++)
            {
                Bits.Scale(numbers + (16 * group), 16, scale * ((sbyte*)block)[ScalesAt + (8 * half) + group], values + (128 * half) + (16 * group));
            }
        }
    }
}
