namespace MergeHost.Plugins.Gguf.Blocks.IQuants;

/// <summary>256 numbers, 8 to a point of a lattice of 2,048; each 32 have a scale of 3 bits and a shift of ±1/8.</summary>
internal readonly unsafe struct IQ1_S : IBlock
{
    private const int HighAt = 34;

    private static readonly ulong* _points = (ulong*)Lattice.Load(nameof(IQ1_S));

    public static int Elements => 256;

    public static int Bytes => 50;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        sbyte* numbers = stackalloc sbyte[32];
        for (int group = 0; group < 8; group++)
        {
            int high = Bits.UInt16(block + HighAt + (2 * group));
            for (int part = 0; part < 4; part++)
            {
                PutShifted(block[2 + (4 * group) + part] | (((high >> (3 * part)) & 7) << 8), (high & 0x8000) != 0, numbers + (8 * part));
            }

            Bits.Scale(numbers, 32, Eighth(scale * ((2 * ((high >> 12) & 7)) + 1)), values + (32 * group));
        }
    }

    /// <summary>Writes the 8 numbers of a point, shifted, in eighths.</summary>
    public static void PutShifted(int index, bool isDown, sbyte* numbers)
    {
        sbyte* point = (sbyte*)(_points + index);
        for (int lane = 0; lane < 8; lane++)
        {
            numbers[lane] = (sbyte)((8 * point[lane]) + (isDown ? -1 : 1));
        }
    }

    /// <summary>The scale of eighths; exact.</summary>
    public static float Eighth(float scale) => scale * 0.125f;
}
