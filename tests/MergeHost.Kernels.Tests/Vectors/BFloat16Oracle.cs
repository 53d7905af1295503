namespace MergeHost.Kernels.Tests.Vectors;

/// <summary>Rounding to BF16 by comparing distances, which are exact in float64.</summary>
internal static class BFloat16Oracle
{
    /// <summary>
    /// Every BF16 and what lies between it and the next: close to it, close to the middle, the middle, close to the next.
    /// </summary>
    public static IEnumerable<float> Between()
    {
        uint[] between = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF];
        return Enumerable.Range(0, 1 << 16).SelectMany(upper => between.Select(lower => Floats.Of(((uint)upper << 16) | lower)));
    }

    public static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        ushort inner = (ushort)(bits >> 16);
        if (float.IsNaN(value))
        {
            return (ushort)(inner | 0x40);
        }

        if (float.IsInfinity(value))
        {
            return inner;
        }

        ushort outer = (ushort)(inner + 1);
        double toInner = Math.Abs(value - Number(inner));
        double toOuter = Math.Abs(value - Number(outer));
        return toInner < toOuter || (toInner == toOuter && inner % 2 == 0) ? inner : outer;
    }

    // Where the next one would be infinity stands the power of two that it would be if the exponent had room.
    private static double Number(ushort bits)
    {
        double sign = (bits & 0x8000) == 0 ? 1 : -1;
        int exponent = (bits >> 7) & 0xFF;
        int fraction = bits & 0x7F;
        return sign * (exponent == 0 ? Math.ScaleB(fraction, -133) : Math.ScaleB(128 + fraction, exponent - 134));
    }
}
