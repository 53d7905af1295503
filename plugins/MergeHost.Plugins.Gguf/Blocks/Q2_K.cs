namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers of 2 bits; each 16 have a scale and a least number of 4 bits: <c>w = d·s·q − dmin·m</c>.</summary>
internal readonly unsafe struct Q2_K : IBlock
{
    private const int PackedAt = 16;
    private const int ScaleAt = 80;

    public static int Elements => 256;

    public static int Bytes => 84;

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[256];
        TwoBits.Unpack(block + PackedAt, numbers);
        float scale = Bits.Half(block + ScaleAt);
        float least = Bits.Half(block + ScaleAt + 2);
        for (int group = 0; group < 16; group++)
        {
            Bits.ScaleAndAdd(numbers + (16 * group), 16, scale * (block[group] & 0x0F), -(least * (block[group] >> 4)), values + (16 * group));
        }
    }
}
