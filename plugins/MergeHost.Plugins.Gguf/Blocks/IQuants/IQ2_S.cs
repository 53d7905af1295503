namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers, 8 to a point of a lattice of 1,024, with all signs; each 16 have a scale of 4 bits.</summary>
internal readonly unsafe struct IQ2_S : IBlock
{
    private const int SignsAt = 34;
    private const int HighAt = 66;
    private const int ScalesAt = 74;

    private static readonly ulong* _points = (ulong*)Lattice.Load(nameof(IQ2_S));

    public static int Elements => 256;

    public static int Bytes => 82;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        sbyte* numbers = stackalloc sbyte[16];
        for (int group = 0; group < 16; group++)
        {
            for (int part = 0; part < 2; part++)
            {
                int index = (2 * group) + part;
                int high = (block[HighAt + (index / 4)] >> (index % 4 * 2)) & 3;
                Lattice.Put(_points[block[2 + index] | (high << 8)], block[SignsAt + index], numbers + (8 * part));
            }

            int s = (block[ScalesAt + (group / 2)] >> (group % 2 * 4)) & 0x0F;
            Bits.Scale(numbers, 16, scale * (0.5f + s) * 0.25f, values + (16 * group));
        }
    }
}
