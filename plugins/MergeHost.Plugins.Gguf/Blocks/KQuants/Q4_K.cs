namespace MergeHost.Plugins.Gguf.Blocks.KQuants;

/// <summary>256 numbers of 4 bits; each 32 have a scale and a least number of 6 bits: <c>w = d·s·q − dmin·m</c>.</summary>
internal readonly unsafe struct Q4_K : IEncodableBlock, IWeightedBlock
{
    private const int ScalesAt = 4;
    private const int PackedAt = 16;

    public static int Elements => 256;

    public static int Bytes => 144;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block) && Bits.IsFinite(block + 2);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        float least = Bits.Half(block + 2);
        sbyte* numbers = stackalloc sbyte[64];
        for (int group = 0; group < 8; group += 2)
        {
            Bits.Nibbles(block + PackedAt + (16 * group), 32, numbers);
            (int s, int m) = SixBitScales.Get(block + ScalesAt, group);
            Bits.ScaleAndAdd(numbers, 32, scale * s, -(least * m), values + (32 * group));
            (s, m) = SixBitScales.Get(block + ScalesAt, group + 1);
            Bits.ScaleAndAdd(numbers + 32, 32, scale * s, -(least * m), values + (32 * group) + 32);
        }
    }

    public static bool NeedsRow => false;

    public static void Encode(float* values, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        SixBitScales.Find(values, 15, first: -1, steps: 20, block, numbers);
        Pack(numbers, block);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        byte* numbers = stackalloc byte[256];
        SixBitScales.Find(values, importance, 15, block, numbers);
        Pack(numbers, block);
    }

    private static void Pack(byte* numbers, byte* block)
    {
        for (int group = 0; group < 8; group += 2)
        {
            Bits.PackNibbles(numbers + (32 * group), 32, block + PackedAt + (16 * group));
        }
    }
}
