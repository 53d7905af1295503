using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers −1, 0, 1 and 2 of 2 bits with a scale: <c>w = d·(q − 1)</c>.</summary>
internal readonly unsafe struct TQ2_0 : IBlock
{
    private const int ScaleAt = 64;

    public static int Elements => 256;

    public static int Bytes => 66;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block + ScaleAt);

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[256];
        TwoBits.Unpack(block, numbers);
        for (int at = 0; at < 256; at += 32)
        {
            (Vector256.Load(numbers + at) - Vector256<sbyte>.One).Store(numbers + at);
        }

        Bits.Scale(numbers, 256, Bits.Half(block + ScaleAt), values);
    }
}
