namespace MergeHost.Plugins.Gguf.Blocks;

/// <summary>256 numbers −1, 0 and 1, five to a byte in base 3, with a scale.</summary>
internal readonly unsafe struct TQ1_0 : IBlock
{
    private const int LastAt = 48;
    private const int ScaleAt = 52;

    public static int Elements => 256;

    public static int Bytes => 54;

    public static bool IsFinite(byte* block) => Bits.IsFinite(block + ScaleAt);

    public static void Decode(byte* block, float* values)
    {
        sbyte* numbers = stackalloc sbyte[256];
        sbyte* next = Digits(block, 32, 5, numbers);
        next = Digits(block + 32, 16, 5, next);
        _ = Digits(block + LastAt, 4, 4, next);
        Bits.Scale(numbers, 256, Bits.Half(block + ScaleAt), values);
    }

    // A byte is a fraction of 256; times 3, what goes over is the next digit.
    private static sbyte* Digits(byte* packed, int bytes, int digits, sbyte* numbers)
    {
        byte power = 1;
        for (int digit = 0; digit < digits; digit++, power *= 3)
        {
            for (int at = 0; at < bytes; at++)
            {
                *numbers++ = (sbyte)(((byte)(packed[at] * power) * 3 >> 8) - 1);
            }
        }

        return numbers;
    }
}
