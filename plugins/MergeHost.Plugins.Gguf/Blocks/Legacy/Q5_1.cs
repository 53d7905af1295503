using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.Legacy;

/// <summary>32 numbers of 5 bits with a scale and the least number: <c>w = d·q + m</c>.</summary>
internal readonly unsafe struct Q5_1 : IEncodableBlock, IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 24;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block) && Bits.IsFinite(block + 2);

    public static void Decode(byte* block, float* values)
    {
        (float scale, float least) = (Bits.Half(block), Bits.Half(block + 2));
        Vector256<sbyte> numbers = FifthBits.Unpack(block + 4, block + 8);
        Bits.ScaleAndAdd(numbers.GetLower(), numbers.GetUpper(), scale, least, values);
    }

    public static bool NeedsRow => true;

    public static void Encode(float* values, byte* block)
    {
        (float least, float most) = Rounding.Range(values);
        float scale = (most - least) / 31;
        Bits.PutHalf(block, scale);
        Bits.PutHalf(block + 2, least);
        FifthBits.Pack(Rounding.Truncate(values, least, Rounding.Inverse(scale), 0.5f, 31), block + 4, block + 8);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        byte* numbers = stackalloc byte[32];
        ScaleSearch.Weigh(values, importance, meanSquare, 32, weights);
        (float scale, float least) = ScaleSearch.ScaleAndLeast(values, weights, 31, numbers);
        Bits.PutHalf(block, scale);
        Bits.PutHalf(block + 2, -least);
        FifthBits.Pack(Vector256.Load(numbers), block + 4, block + 8);
    }
}
