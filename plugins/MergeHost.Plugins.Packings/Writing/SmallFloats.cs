using MergeHost.Kernels.Vectors;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>Rounds numbers to the small types that packings store: to nearest, ties to even.</summary>
internal static class SmallFloats
{
    /// <summary>The greatest number of E4M3.</summary>
    public const float GreatestE4M3 = 448;

    /// <summary>The greatest number of E2M1.</summary>
    public const float GreatestE2M1 = 6;

    /// <summary>E4M3 codes of numbers of at most ±448.</summary>
    public static void ToE4M3(ReadOnlySpan<float> numbers, Span<byte> codes)
    {
        codes = codes[..numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            codes[i] = ToE4M3(numbers[i]);
        }
    }

    /// <summary>The E4M3 code of a number of at most ±448.</summary>
    public static byte ToE4M3(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        uint sign = (bits >> 24) & 0x80;
        uint size = bits & 0x7FFF_FFFF;

        // Below 2⁻⁶ codes are multiples of 2⁻⁹: adding 2¹⁴ brings the last of these bits to the end of the fraction, and rounds.
        uint code = size < 0x3C80_0000
            ? BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle(size) + 16384f) - 0x4680_0000
            : ((size + 0x7FFFF + ((size >> 20) & 1)) >> 20) - (120 << 3);
        return (byte)(sign | code);
    }

    /// <summary>E2M1 codes of numbers of at most ±6.</summary>
    public static void ToE2M1(ReadOnlySpan<float> numbers, Span<byte> codes)
    {
        codes = codes[..numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(numbers[i]);
            float size = BitConverter.UInt32BitsToSingle(bits & 0x7FFF_FFFF);
            int code = (size > 0.25f ? 1 : 0) + (size >= 0.75f ? 1 : 0) + (size > 1.25f ? 1 : 0) + (size >= 1.75f ? 1 : 0)
                + (size > 2.5f ? 1 : 0) + (size >= 3.5f ? 1 : 0) + (size > 5f ? 1 : 0);
            codes[i] = (byte)(code | (int)((bits >> 28) & 8));
        }
    }

    /// <summary>The byte of a power of two as E8M0 has it.</summary>
    public static byte ToExponent(float power) => (byte)(BitConverter.SingleToUInt32Bits(power) >> 23);

    /// <summary>A number as a type holds it.</summary>
    public static float Rounded(float number, DType type)
    {
        Span<float> one = [number];
        Round(one, type);
        return one[0];
    }

    /// <summary>Makes numbers such as a type holds.</summary>
    /// <param name="numbers">Changed in place.</param>
    /// <param name="type">F32, BF16 or F16.</param>
    public static void Round(Span<float> numbers, DType type)
    {
        if (type == DType.BF16)
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = BFloat16.ToSingle(BFloat16.FromSingle(numbers[i]));
            }
        }
        else if (type == DType.F16)
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = (float)(Half)numbers[i];
            }
        }
    }
}
