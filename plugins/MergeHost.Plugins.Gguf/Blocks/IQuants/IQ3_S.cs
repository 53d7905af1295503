namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers, 4 to a point of a lattice of 512, with all signs; each 32 have a scale of 4 bits.</summary>
internal readonly unsafe struct IQ3_S : IBlock
{
    private const int HighAt = 66;
    private const int SignsAt = 74;
    private const int ScalesAt = 106;

    private static readonly uint* _points = (uint*)Lattice.Load(nameof(IQ3_S));

    public static int Elements => 256;

    public static int Bytes => 110;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        sbyte* numbers = stackalloc sbyte[32];
        for (int group = 0; group < 8; group++)
        {
            for (int part = 0; part < 4; part++)
            {
                ulong point = Point(block, group, 2 * part) | ((ulong)Point(block, group, (2 * part) + 1) << 32);
                Lattice.Put(point, block[SignsAt + (4 * group) + part], numbers + (8 * part));
            }

            int s = (block[ScalesAt + (group / 2)] >> (group % 2 * 4)) & 0x0F;
            Bits.Scale(numbers, 32, scale * (1 + (2 * s)), values + (32 * group));
        }
    }

    private static uint Point(byte* block, int group, int index) =>
        _points[block[2 + (8 * group) + index] | (((block[HighAt + group] >> index) & 1) << 8)];
}
