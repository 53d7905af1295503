using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.Legacy;

/// <summary>32 numbers of 5 bits with a scale: <c>w = d·(q − 16)</c>.</summary>
internal readonly unsafe struct Q5_0 : IScaledBlock, IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 22;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        Vector256<sbyte> numbers = FifthBits.Unpack(block + 2, block + 6) - Vector256.Create((sbyte)16);
        Bits.Scale(numbers.GetLower(), numbers.GetUpper(), scale, values);
    }

    public static float Most => -16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Extreme(float* values) => Rounding.Extreme(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encode(float* values, Vector512<float> inverse, byte* numbers) =>
        FifthBits.Pack(Rounding.Truncate(values, 0, inverse, 16.5f, 31), numbers, numbers + 4);

    public static bool NeedsRow => true;

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        byte* numbers = stackalloc byte[32];
        ScaleSearch.Weigh(values, importance, meanSquare, 32, weights);
        Bits.PutHalf(block, ScaleSearch.Scale(values, weights, 32, 16, numbers));
        FifthBits.Pack(Vector256.Load(numbers), block + 2, block + 6);
    }
}
