using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers of 2 bits in 64 bytes: of each half, 32 bytes hold four runs of 32, one above the other.</summary>
internal static unsafe class TwoBits
{
    public static void Unpack(byte* packed, sbyte* numbers)
    {
        for (int run = 0; run < 8; run++)
        {
            byte* bytes = packed + (run / 4 * 32);
            for (int at = 0; at < 32; at += 16)
            {
                Vector128.Store(Bits.Field(bytes + at, 2 * (run % 4), 3), (byte*)numbers + (32 * run) + at);
            }
        }
    }

    public static void Pack(byte* numbers, byte* packed)
    {
        for (int half = 0; half < 2; half++)
        {
            for (int at = 0; at < 32; at += 16)
            {
                Vector128<byte> bits = Vector128<byte>.Zero;
                for (int run = 0; run < 4; run++)
                {
                    bits |= Vector128.ShiftLeft(Vector128.Load(numbers + (128 * half) + (32 * run) + at), 2 * run);
                }

                bits.Store(packed + (32 * half) + at);
            }
        }
    }
}
