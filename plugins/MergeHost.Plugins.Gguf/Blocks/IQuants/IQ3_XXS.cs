namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers, 4 to a point of a lattice of 256; each 32 have a scale of 4 bits.</summary>
internal readonly unsafe struct IQ3_XXS : IBlock
{
    private const int SignsAt = 66;

    private static readonly uint* _points = (uint*)Lattice.Load(nameof(IQ3_XXS));

    public static int Elements => 256;

    public static int Bytes => 98;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        sbyte* numbers = stackalloc sbyte[32];
        for (int group = 0; group < 8; group++)
        {
            byte* packed = block + 2 + (8 * group);
            uint signs = Bits.UInt32(block + SignsAt + (4 * group));
            for (int part = 0; part < 4; part++)
            {
                ulong point = _points[packed[2 * part]] | ((ulong)_points[packed[(2 * part) + 1]] << 32);
                Lattice.Put(point, Lattice.EvenSigns((signs >> (7 * part)) & 0x7F), numbers + (8 * part));
            }

            Bits.Scale(numbers, 32, scale * (0.5f + (signs >> 28)) * 0.5f, values + (32 * group));
        }
    }
}
