using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>256 numbers of 5 bits; each 32 have a scale and a least number of 6 bits: <c>w = d·s·q − dmin·m</c>.</summary>
internal readonly unsafe struct Q5_K : IEncodableBlock, IWeightedBlock
{
    private const int ScalesAt = 4;
    private const int HighAt = 16;
    private const int PackedAt = 48;

    public static int Elements => 256;

    public static int Bytes => 176;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block) && Bits.IsFinite(block + 2);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        float least = Bits.Half(block + 2);
        sbyte* numbers = stackalloc sbyte[64];
        for (int group = 0; group < 8; group++)
        {
            if (group % 2 == 0)
            {
                Bits.Nibbles(block + PackedAt + (16 * group), 32, numbers);
            }

            sbyte* run = numbers + (group % 2 * 32);
            for (int at = 0; at < 32; at += 16)
            {
                (Vector128.Load(run + at) | Vector128.ShiftLeft(Bits.Field(block + HighAt + at, group, 1), 4).AsSByte()).Store(run + at);
            }

            (int s, int m) = SixBitScales.Get(block + ScalesAt, group);
            Bits.ScaleAndAdd(run, 32, scale * s, -(least * m), values + (32 * group));
        }
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        SixBitScales.Find(values, 31, first: -0.5f, steps: 15, block, numbers);
        Pack(numbers, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        SixBitScales.Find(values, importance, 31, block, numbers);
        Pack(numbers, block);
    }

    private static void Pack(byte* numbers, byte* block)
    {
        for (int at = 0; at < 32; at += 16)
        {
            Vector128<byte> high = Vector128<byte>.Zero;
            for (int group = 0; group < 8; group++)
            {
                Vector128<byte> lanes = Vector128.Load(numbers + (32 * group) + at);
                high |= Vector128.ShiftLeft(Vector128.ShiftRightLogical(lanes, 4), group);
                (lanes & Vector128.Create((byte)0x0F)).Store(numbers + (32 * group) + at);
            }

            high.Store(block + HighAt + at);
        }

        for (int group = 0; group < 8; group += 2)
        {
            Bits.PackNibbles(numbers + (32 * group), 32, block + PackedAt + (16 * group));
        }
    }
}
