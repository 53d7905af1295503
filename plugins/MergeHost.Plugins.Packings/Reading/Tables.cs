using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Packings.Reading;

/// <summary>What each code of one byte means.</summary>
internal static class Tables
{
    /// <summary>4 bits: 2 of exponent, 1 of fraction.</summary>
    public static readonly float[] E2M1 = Make(code => Small(code, exponentBits: 2, fractionBits: 1, bias: 1));

    /// <summary>6 bits: 2 of exponent, 3 of fraction.</summary>
    public static readonly float[] E2M3 = Make(code => Small(code, exponentBits: 2, fractionBits: 3, bias: 1));

    /// <summary>8 bits of exponent: <c>2^(code − 127)</c>; 255 is NaN.</summary>
    public static readonly float[] Exponents = Make(code => code == 255 ? float.NaN : (float)Math.ScaleB(1.0, code - 127));

    /// <summary>Whole numbers from −128 to 127.</summary>
    public static readonly float[] Signed = Make(code => (sbyte)code);

    /// <summary>Whole numbers from 0 to 255.</summary>
    public static readonly float[] Unsigned = Make(code => code);

    /// <inheritdoc cref="DType.F8_E4M3"/>
    public static readonly float[] E4M3 = Of(DType.F8_E4M3);

    /// <inheritdoc cref="DType.F8_E5M2"/>
    public static readonly float[] E5M2 = Of(DType.F8_E5M2);

    /// <summary>Whole numbers that are stored as <c>number + zero</c> in a number of bits.</summary>
    public static float[] Less(int zero) => Make(code => code - zero);

    /// <summary>A table of any meaning.</summary>
    public static float[] Make(Func<int, float> number) => [.. Enumerable.Range(0, 256).Select(number)];

    private static float[] Of(DType type)
    {
        float[] table = new float[256];
        DTypeConversion.ToSingle(type, [.. Enumerable.Range(0, 256).Select(code => (byte)code)], table);
        return table;
    }

    private static float Small(int code, int exponentBits, int fractionBits, int bias)
    {
        int exponent = (code >> fractionBits) & ((1 << exponentBits) - 1);
        double fraction = (code & ((1 << fractionBits) - 1)) / (double)(1 << fractionBits);
        double size = exponent == 0 ? Math.ScaleB(fraction, 1 - bias) : Math.ScaleB(1 + fraction, exponent - bias);
        return (float)((code >> (exponentBits + fractionBits) & 1) == 0 ? size : -size);
    }
}
