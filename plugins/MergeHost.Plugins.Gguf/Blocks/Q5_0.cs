using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>32 numbers of 5 bits with a scale: <c>w = d·(q − 16)</c>.</summary>
internal readonly unsafe struct Q5_0 : IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 22;

    public static void Decode(byte* block, float* values)
    {
        Bits.Scale(FifthBits.Unpack(block + 2, block + 6) - Vector256.Create((sbyte)16), Bits.Half(block), values);
    }

    public static bool NeedsRow => true;

    public static void Encode(float* values, byte* block)
    {
        float scale = Rounding.Extreme(values) / -16;
        Bits.PutHalf(block, scale);
        FifthBits.Pack(Rounding.Truncate(values, 0, Rounding.Inverse(scale), 16.5f, 31), block + 2, block + 6);
    }

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        byte* numbers = stackalloc byte[32];
        ScaleSearch.Weigh(values, importance, meanSquare, 32, weights);
        Bits.PutHalf(block, ScaleSearch.Scale(values, weights, 32, 16, numbers));
        FifthBits.Pack(Vector256.Load(numbers), block + 2, block + 6);
    }
}
