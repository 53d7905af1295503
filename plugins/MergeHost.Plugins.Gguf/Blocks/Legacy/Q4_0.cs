using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MergeHost.Plugins.Gguf.Blocks.Legacy;

/// <summary>32 numbers of 4 bits with a scale: <c>w = d·(q − 8)</c>.</summary>
internal readonly unsafe struct Q4_0 : IScaledBlock, IWeightedBlock
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        if (Avx512F.IsSupported)
        {
            // There are but 16 products, and they are looked up by the lowest four bits.
            Vector512<float> products = (Vector512<float>.Indices - Vector512.Create(8f)) * Vector512.Create(scale);
            Vector512<int> both = Avx512F.ConvertToVector512Int32(Vector128.Load(block + 2));
            Avx512F.PermuteVar16x32(products, both).Store(values);
            Avx512F.PermuteVar16x32(products, both >>> 4).Store(values + 16);
            return;
        }

        (Vector128<sbyte> low, Vector128<sbyte> high) = Bits.Nibbles(block + 2);
        Bits.Scale(low - Vector128.Create((sbyte)8), high - Vector128.Create((sbyte)8), scale, values);
    }

    public static float Most => -8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Extreme(float* values) => Rounding.Extreme(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encode(float* values, Vector512<float> inverse, byte* numbers) =>
        Rounding.TruncateToNibbles(values, 0, inverse, 8.5f).Store(numbers);

    public static bool NeedsRow => true;

    public static void Encode(float* values, float* importance, float meanSquare, byte* block)
    {
        float* weights = stackalloc float[32];
        byte* numbers = stackalloc byte[32];
        ScaleSearch.Weigh(values, importance, meanSquare, 32, weights);
        Bits.PutHalf(block, ScaleSearch.Scale(values, weights, 32, 8, numbers));
        Bits.PackNibbles(numbers, 16, block + 2);
    }
}
