namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>32 numbers of 8 bits with a scale: <c>w = d·q</c>.</summary>
internal readonly unsafe struct Q8_0 : IEncodableBlock
{
    public static int Elements => 32;

    public static int Bytes => 34;

    public static void Decode(byte* block, float* values) => Bits.Scale((sbyte*)block + 2, 32, Bits.Half(block), values);

    public static void Encode(float* values, byte* block)
    {
        float scale = Rounding.LargestMagnitude(values) / 127;
        Bits.PutHalf(block, scale);
        Rounding.Round(values, Rounding.Inverse(scale), block + 2);
    }
}
