using System.Runtime.InteropServices;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Kernels.Tests.DTypes;

public sealed class DTypeConversionTests
{
    [Fact]
    public void CanDecodeAndEncode_OfEveryType_AreWhatTheDocumentsSay()
    {
        Assert.Equal(["BF16", "F16", "F32", "F64", "F8_E4M3", "F8_E5M2"], Names(DTypeConversion.CanDecode));
        Assert.Equal(["BF16", "F16", "F32", "F64"], Names(DTypeConversion.CanEncode));
    }

    [Fact]
    public void ToSingle_OfATypeThatCannotBeRead_NamesIt()
    {
        NotSupportedException exception = Assert.Throws<NotSupportedException>(
            () => DTypeConversion.ToSingle(DType.I32, new byte[4], new float[1]));
        Assert.Contains("I32", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromSingle_ToATypeThatCannotBeWritten_NamesIt()
    {
        NotSupportedException exception = Assert.Throws<NotSupportedException>(
            () => DTypeConversion.FromSingle(DType.F8_E4M3, [1], new byte[1]));
        Assert.Contains("F8_E4M3", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToSingle_OfF32_KeepsEveryBit()
    {
        float[] values = [.. Floats.Edges, .. Floats.Any(1, 1000)];
        float[] read = Read(DType.F32, MemoryMarshal.AsBytes<float>(values));
        Assert.Equal(values.Select(BitConverter.SingleToUInt32Bits), read.Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(MemoryMarshal.AsBytes<float>(values), Write(DType.F32, values));
    }

    [Fact]
    public void BF16_OfEveryPattern_ComesBackAsItWas()
    {
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];
        float[] read = Read(DType.BF16, MemoryMarshal.AsBytes<ushort>(all));
        Assert.Equal(all.Select(bits => (uint)bits << 16), read.Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(all.Where(IsNumber), MemoryMarshal.Cast<byte, ushort>(Write(DType.BF16, read)).ToArray().Where(IsNumber));

        static bool IsNumber(ushort bits) => (bits & 0x7FFF) <= 0x7F80;
    }

    [Fact]
    public void F16_OfEveryPattern_IsSignExponentAndFractionAndComesBack()
    {
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)];
        float[] read = Read(DType.F16, MemoryMarshal.AsBytes<ushort>(all));
        Assert.Equal(Floats.Bits(all.Select(bits => (float)Number(bits, 5, 10))), Floats.Bits(read));
        ushort[] numbers = [.. all.Where((_, i) => !float.IsNaN(read[i]))];
        Assert.Equal(numbers, MemoryMarshal.Cast<byte, ushort>(Write(DType.F16, [.. read.Where(value => !float.IsNaN(value))])));
    }

    [Fact]
    public void FromSingle_BetweenAnyTwoF16_TakesTheNearerAndOfEqualOnesTheEven()
    {
        float[] values =
        [
            .. Enumerable.Range(0, 0x7C00).SelectMany(bits =>
            {
                // The one after the largest, 65,504, would be 65,536.
                float middle = (float)((Number(bits, 5, 10) + (bits == 0x7BFF ? 65_536 : Number(bits + 1, 5, 10))) / 2);
                return new[] { MathF.BitDecrement(middle), middle, MathF.BitIncrement(middle) };
            }),
        ];
        ushort[] written = MemoryMarshal.Cast<byte, ushort>(Write(DType.F16, values)).ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            int below = i / 3;
            int expected = (i % 3) switch { 0 => below, 2 => below + 1, _ => below + (below % 2) };
            Assert.Equal(expected, written[i]);
        }

        ushort[] negative = MemoryMarshal.Cast<byte, ushort>(Write(DType.F16, [.. values.Select(value => -value)])).ToArray();
        Assert.Equal(written.Select(bits => bits | 0x8000), negative.Select(bits => (int)bits));
    }

    [Theory]
    [InlineData(65_519.996f, 0x7BFF)]
    [InlineData(65_520f, 0x7C00)]
    [InlineData(1e30f, 0x7C00)]
    [InlineData(float.NegativeInfinity, 0xFC00)]
    [InlineData(5.9604645e-8f, 0x0001)]
    [InlineData(2.9802322e-8f, 0x0000)]
    [InlineData(2.9802326e-8f, 0x0001)]
    [InlineData(-1e-30f, 0x8000)]
    public void FromSingle_ToF16AtItsEnds_GivesKnownBits(float value, int bits) =>
        Assert.Equal(bits, MemoryMarshal.Cast<byte, ushort>(Write(DType.F16, [value]))[0]);

    [Fact]
    public void FromSingle_OfNaN_IsNaNInEveryType()
    {
        float[] nans = [.. Enumerable.Repeat(float.NaN, 20), .. Enumerable.Repeat(Floats.Of(0x7F80_0001), 20)];
        foreach (DType type in new[] { DType.F32, DType.BF16, DType.F16, DType.F64 })
        {
            Assert.All(Read(type, Write(type, nans)), value => Assert.True(float.IsNaN(value)));
        }
    }

    [Fact]
    public void FromSingle_ToF64AndBack_KeepsEveryNumber()
    {
        float[] values = [.. Floats.Edges, .. Floats.Any(1, 1000)];
        byte[] written = Write(DType.F64, values);
        Assert.Equal(values.Select(value => (double)value), MemoryMarshal.Cast<byte, double>(written).ToArray());
        Assert.Equal(Floats.Bits(values), Floats.Bits(Read(DType.F64, written)));
    }

    [Fact]
    public void ToSingle_OfF64BetweenTwoNeighbours_TakesTheNearerAndOfEqualOnesTheEven()
    {
        float[] some = [0, float.Epsilon, Floats.Of(0x007F_FFFF), 1];
        IEnumerable<float> lower = Floats.Any(5, 2000).Select(MathF.Abs).Where(value => value < float.MaxValue).Concat(some);
        foreach (float below in lower)
        {
            float above = MathF.BitIncrement(below);
            double middle = ((double)below + above) / 2;
            float even = BitConverter.SingleToUInt32Bits(below) % 2 == 0 ? below : above;
            double[] values = [below, Math.BitDecrement(middle), middle, Math.BitIncrement(middle), -middle];
            Assert.Equal([below, below, even, above, -even], Read(DType.F64, MemoryMarshal.AsBytes<double>(values)));
        }
    }

    [Fact]
    public void ToSingle_OfF64OutOfRange_IsInfiniteOrZero()
    {
        // The middle between the largest number and the power of two after it.
        double middle = Math.Pow(2, 128) - Math.Pow(2, 103);
        double[] values = [1e300, -1e300, 1e-300, -1e-300, double.PositiveInfinity, double.NaN, Math.BitDecrement(middle), middle];
        const float infinity = float.PositiveInfinity;
        float[] expected = [infinity, -infinity, 0f, -0f, infinity, float.NaN, float.MaxValue, infinity];
        Assert.Equal(Floats.Bits(expected), Floats.Bits(Read(DType.F64, MemoryMarshal.AsBytes<double>(values))));
    }

    // The upper byte of an F16 is an E5M2.
    [Fact]
    public void ToSingle_OfEveryE5M2_IsTheF16ThatItBegins()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        Half[] wide = [.. all.Select(code => BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];
        Assert.Equal(Floats.Bits(wide.Select(half => (float)half)), Floats.Bits(Read(DType.F8_E5M2, all)));
    }

    [Fact]
    public void ToSingle_OfEveryE4M3_IsSignExponentAndFractionWithoutInfinities()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];
        float[] read = Read(DType.F8_E4M3, all);
        for (int code = 0; code < 0x7F; code++)
        {
            float expected = (code / 8 == 0 ? code % 8 / 8f : 1 + (code % 8 / 8f)) * MathF.Pow(2, Math.Max(1, code / 8) - 7);
            Assert.Equal(expected, read[code]);
            Assert.Equal(BitConverter.SingleToUInt32Bits(-expected), BitConverter.SingleToUInt32Bits(read[code + 0x80]));
        }

        Assert.Equal((448f, 0.001953125f, 0.015625f, 1f, 1.125f), (read[0x7E], read[0x01], read[0x08], read[0x38], read[0x39]));
        Assert.True(float.IsNaN(read[0x7F]) && float.IsNaN(read[0xFF]));
    }

    private static string[] Names(Func<DType, bool> can) =>
        [.. DType.All.Where(can).Select(type => type.Name).Order(StringComparer.Ordinal)];

    private static float[] Read(DType type, ReadOnlySpan<byte> stored)
    {
        float[] values = new float[stored.Length / type.BlockBytes];
        DTypeConversion.ToSingle(type, stored, values);
        return values;
    }

    private static byte[] Write(DType type, float[] values)
    {
        byte[] stored = new byte[values.Length * type.BlockBytes];
        DTypeConversion.FromSingle(type, values, stored);
        return stored;
    }

    // What IEEE 754 makes of sign, exponent and fraction.
    private static double Number(int bits, int exponentBits, int fractionBits)
    {
        int top = (1 << exponentBits) - 1;
        int exponent = (bits >> fractionBits) & top;
        double fraction = (bits & ((1 << fractionBits) - 1)) / Math.Pow(2, fractionBits);
        double magnitude = exponent == top ? (fraction == 0 ? double.PositiveInfinity : double.NaN)
            : exponent == 0 ? fraction * Math.Pow(2, 1 - (top / 2))
            : (1 + fraction) * Math.Pow(2, exponent - (top / 2));
        return bits >> (exponentBits + fractionBits) == 0 ? magnitude : -magnitude;
    }
}
