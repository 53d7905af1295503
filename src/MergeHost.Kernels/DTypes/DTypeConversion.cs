using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MergeHost.Kernels.Vectors;

namespace MergeHost.Kernels.DTypes;

/// <summary>Converts elements as stored to float32 and back.</summary>
public static class DTypeConversion
{
    private static readonly float[] _e4m3 = Table(exponentBits: 4, isFinite: true);
    private static readonly float[] _e5m2 = Table(exponentBits: 5, isFinite: false);

    /// <summary>Whether elements of a type can be read as float32.</summary>
    public static bool CanDecode(DType type) => CanEncode(type) || type.Codec is not null || type == DType.F8_E4M3 || type == DType.F8_E5M2;

    /// <summary>Whether float32 can be written as elements of a type.</summary>
    public static bool CanEncode(DType type) =>
        type == DType.F32 || type == DType.BF16 || type == DType.F16 || type == DType.F64 || type.Codec is { CanEncode: true };

    /// <summary>Converts to float32: exact, but for F64, which is rounded to nearest with ties to even.</summary>
    /// <param name="type">The type of the elements.</param>
    /// <param name="source">Elements as stored, little-endian.</param>
    /// <param name="destination">One number an element.</param>
    /// <exception cref="NotSupportedException"><see cref="CanDecode"/> says no.</exception>
    public static void ToSingle(DType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        if (type.Codec is { } codec)
        {
            codec.ToSingle(source, destination);
        }
        else if (type == DType.F32)
        {
            MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
        }
        else if (type == DType.BF16)
        {
            BFloat16.ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
        }
        else if (type == DType.F16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
        }
        else if (type == DType.F64)
        {
            TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), destination);
        }
        else if (type == DType.F8_E4M3 || type == DType.F8_E5M2)
        {
            float[] table = type == DType.F8_E4M3 ? _e4m3 : _e5m2;
            for (int i = 0; i < source.Length; i++)
            {
                destination[i] = table[source[i]];
            }
        }
        else
        {
            throw new NotSupportedException($"{type} cannot be read as float32");
        }
    }

    /// <summary>Rounds float32 to a type: to nearest, ties to even, once.</summary>
    /// <param name="type">The type to store.</param>
    /// <param name="source">One number an element.</param>
    /// <param name="destination">Elements as stored, little-endian.</param>
    /// <exception cref="NotSupportedException"><see cref="CanEncode"/> says no.</exception>
    public static void FromSingle(DType type, ReadOnlySpan<float> source, Span<byte> destination) =>
        FromSingle(type, source, destination, 0);

    /// <summary>Rounds a run of a tensor: see <see cref="IElementCodec.RunElements"/>.</summary>
    /// <param name="type">The type to store.</param>
    /// <param name="source">One number an element.</param>
    /// <param name="destination">Elements as stored, little-endian.</param>
    /// <param name="firstElement">Where the run begins in its tensor.</param>
    /// <exception cref="NotSupportedException"><see cref="CanEncode"/> says no.</exception>
    public static void FromSingle(DType type, ReadOnlySpan<float> source, Span<byte> destination, long firstElement)
    {
        if (type.Codec is { } codec)
        {
            codec.FromSingle(source, destination, firstElement);
        }
        else if (type == DType.F32)
        {
            source.CopyTo(MemoryMarshal.Cast<byte, float>(destination));
        }
        else if (type == DType.BF16)
        {
            BFloat16.FromSingle(source, MemoryMarshal.Cast<byte, ushort>(destination));
        }
        else if (type == DType.F16)
        {
            TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
        }
        else if (type == DType.F64)
        {
            TensorPrimitives.ConvertTruncating(source, MemoryMarshal.Cast<byte, double>(destination));
        }
        else
        {
            throw new NotSupportedException($"{type} cannot be written from float32");
        }
    }

    // E4M3 has no infinities: all exponent bits set are numbers, but for the one pattern that is NaN.
    private static float[] Table(int exponentBits, bool isFinite)
    {
        int fractionBits = 7 - exponentBits;
        int bias = (1 << (exponentBits - 1)) - 1;
        float[] table = new float[256];
        for (int code = 0; code < table.Length; code++)
        {
            int exponent = (code & 0x7F) >> fractionBits;
            int fraction = code & ((1 << fractionBits) - 1);
            bool isTop = exponent == (1 << exponentBits) - 1;
            float magnitude = (isTop, isFinite) switch
            {
                (true, true) when (code & 0x7F) == 0x7F => float.NaN,
                (true, false) => fraction == 0 ? float.PositiveInfinity : float.NaN,
                _ when exponent == 0 => MathF.ScaleB(fraction, 1 - bias - fractionBits),
                _ => MathF.ScaleB((1 << fractionBits) + fraction, exponent - bias - fractionBits),
            };
            table[code] = code < 0x80 ? magnitude : -magnitude;
        }

        return table;
    }
}
