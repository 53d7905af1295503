using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks.Legacy;

/// <summary>32 numbers of 8 bits with a scale: <c>w = d·q</c>.</summary>
internal readonly unsafe struct Q8_0 : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 34;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(byte* block, float* values)
    {
        float scale = Bits.Half(block);
        Bits.Scale(Vector128.Load((sbyte*)block + 2), Vector128.Load((sbyte*)block + 18), scale, values);
    }

    public static float Most => 127;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Extreme(float* values) => Rounding.LargestMagnitude(values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encode(float* values, Vector512<float> inverse, byte* numbers) => Rounding.Round(values, inverse).Store(numbers);
}
