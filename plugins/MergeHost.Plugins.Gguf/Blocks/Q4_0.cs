using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>32 numbers of 4 bits with a scale: <c>w = d·(q − 8)</c>.</summary>
internal readonly unsafe struct Q4_0 : IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static void Decode(byte* block, float* values)
    {
        Bits.Scale(Bits.Nibbles(block + 2) - Vector256.Create((sbyte)8), Bits.Half(block), values);
    }

    public static bool NeedsRow => true;

    public static void Encode(float* values, byte* block)
    {
        float scale = Rounding.Extreme(values) / -8;
        Bits.PutHalf(block, scale);
        Bits.PackNibbles(Rounding.Truncate(values, 0, Rounding.Inverse(scale), 8.5f, 15), block + 2);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        byte* numbers = stackalloc byte[32];
        ScaleSearch.Weigh(values, importance, meanSquare, 32, weights);
        Bits.PutHalf(block, ScaleSearch.Scale(values, weights, 32, 8, numbers));
        Bits.PackNibbles(numbers, 16, block + 2);
    }
}
