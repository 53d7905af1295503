namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers, 8 to a point of a lattice of 512; each 16 have a scale of 4 bits.</summary>
internal readonly unsafe struct IQ2_XS : IBlock
{
    private const int ScalesAt = 66;

    private static readonly ulong* _points = (ulong*)Lattice.Load(nameof(IQ2_XS));

    public static int Elements => 256;

    public static int Bytes => 74;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        sbyte* numbers = stackalloc sbyte[16];
        for (int group = 0; group < 16; group++)
        {
            for (int part = 0; part < 2; part++)
            {
                uint code = Bits.UInt16(block + 2 + (4 * group) + (2 * part));
                Lattice.Put(_points[code & 0x1FF], Lattice.EvenSigns(code >> 9), numbers + (8 * part));
            }

            int s = (block[ScalesAt + (group / 2)] >> (group % 2 * 4)) & 0x0F;
            Bits.Scale(numbers, 16, scale * (0.5f + s) * 0.25f, values + (16 * group));
        }
    }
}
