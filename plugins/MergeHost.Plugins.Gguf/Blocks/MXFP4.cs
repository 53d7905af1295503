using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>32 numbers of type E2M1 with a power of two: <c>w = 2^(e − 127)·q</c>.</summary>
internal readonly unsafe struct MXFP4 : IEncodableBlock
{
    public static int Elements => 32;

    public static int Bytes => 17;

    // As the standard has it: all bits set are NaN.
    public static bool IsFinite(byte* block) => block[0] != 0xFF;

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[32];
        Codebook.LookUp(block + 1, Codebook.Float4, numbers);
        Bits.Scale(numbers, 32, HalfPower(block[0]), values);
    }

    public static void Encode(float* values, byte* block)
    {
        float magnitude = Rounding.LargestMagnitude(values);
        block[0] = magnitude > 0 ? (byte)(MathF.Floor(MathF.Log2(magnitude)) - 2 + 127) : (byte)0;
        Vector256<float> scale = Vector256.Create(HalfPower(block[0]));
        byte* numbers = stackalloc byte[32];
        for (int at = 0; at < 32; at += 8)
        {
            Vector256<float> value = Vector256.Load(values + at);
            Vector256<float> least = Vector256.Abs(value);
            Vector256<int> best = Vector256<int>.Zero;
            for (int index = 1; index < 16; index++)
            {
                Vector256<float> error = Vector256.Abs((scale * Vector256.Create((float)Codebook.Float4[index])) - value);
                Vector256<float> isLess = Vector256.LessThan(error, least);
                least = Vector256.ConditionalSelect(isLess, error, least);
                best = Vector256.ConditionalSelect(isLess.AsInt32(), Vector256.Create(index), best);
            }

            Rounding.Store(best, numbers + at);
        }

        Bits.PackNibbles(numbers, 16, block + 1);
    }

    // 2^(e − 128), since the codebook is doubled; the two smallest are subnormal.
    private static float HalfPower(byte exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x0020_0000u << exponent : (uint)(exponent - 1) << 23);
}
