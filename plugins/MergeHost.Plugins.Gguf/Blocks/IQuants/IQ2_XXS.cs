namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers, 8 to a point of a lattice of 256; each 32 have a scale of 4 bits.</summary>
internal readonly unsafe struct IQ2_XXS : IBlock
{
    private static readonly ulong* _points = (ulong*)Lattice.Load(nameof(IQ2_XXS));

    public static int Elements => 256;

    public static int Bytes => 66;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        sbyte* numbers = stackalloc sbyte[32];
        for (int group = 0; group < 8; group++)
        {
            byte* packed = block + 2 + (8 * group);
            uint signs = Bits.UInt32(packed + 4);
            for (int part = 0; part < 4; part++)
            {
                Lattice.Put(_points[packed[part]], Lattice.EvenSigns((signs >> (7 * part)) & 0x7F), numbers + (8 * part));
            }

            Bits.Scale(numbers, 32, scale * (0.5f + (signs >> 28)) * 0.25f, values + (32 * group));
        }
    }
}
