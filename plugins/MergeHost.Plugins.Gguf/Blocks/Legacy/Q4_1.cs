using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.Legacy;

/// <summary>32 numbers of 4 bits with a scale and the least number: <c>w = d·q + m</c>.</summary>
internal readonly unsafe struct Q4_1 : IEncodableBlock, IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 20;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block) && Bits.IsFinite(block + 2);

    public static void Decode(byte* block, float* values)
    {
        (float scale, float least) = (Bits.Half(block), Bits.Half(block + 2));
        (Vector128<sbyte> low, Vector128<sbyte> high) = Bits.Nibbles(block + 4);
        Bits.ScaleAndAdd(low, high, scale, least, values);
    }

    public static bool NeedsRow => true;

    public static void Encode(float* values, byte* block)
    {
        (float least, float most) = Rounding.Range(values);
        float scale = (most - least) / 15;
        Bits.PutHalf(block, scale);
        Bits.PutHalf(block + 2, least);
        Rounding.TruncateToNibbles(values, least, Rounding.Inverse(scale), 0.5f).Store(block + 4);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        byte* numbers = stackalloc byte[32];
        ScaleSearch.Weigh(values, importance, meanSquare, 32, weights);
        (float scale, float least) = ScaleSearch.ScaleAndLeast(values, weights, 15, numbers);
        Bits.PutHalf(block, scale);
        Bits.PutHalf(block + 2, -least);
        Bits.PackNibbles(numbers, 16, block + 4);
    }
}
