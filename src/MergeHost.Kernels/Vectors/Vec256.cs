using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace MergeHost.Kernels.Vectors;

/// <summary>8 numbers in a register of 256 bits.</summary>
internal readonly unsafe struct Vec256 : IMemoryVec<Vec256>
{
    private readonly Vector256<float> _value;

    [MethodImpl(AggressiveInlining)]
    private Vec256(Vector256<float> value) => _value = value;

    public static int Count => 8;

    public static Vec256 Zero
    {
        [MethodImpl(AggressiveInlining)]
        get => default;
    }

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Of(float value) => new(Vector256.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator +(Vec256 a, Vec256 b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator -(Vec256 a, Vec256 b) => new(a._value - b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator -(Vec256 a) => new(-a._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator *(Vec256 a, Vec256 b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator /(Vec256 a, Vec256 b) => new(a._value / b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Abs(Vec256 a) => new(Vector256.Abs(a._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Sqrt(Vec256 a) => new(Vector256.Sqrt(a._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Min(Vec256 a, Vec256 b) => new(Vector256.Min(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Max(Vec256 a, Vec256 b) => new(Vector256.Max(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator >(Vec256 a, Vec256 b) => new(Vector256.GreaterThan(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator <(Vec256 a, Vec256 b) => new(Vector256.LessThan(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator >=(Vec256 a, Vec256 b) => new(Vector256.GreaterThanOrEqual(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator <=(Vec256 a, Vec256 b) => new(Vector256.LessThanOrEqual(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Equal(Vec256 a, Vec256 b) => new(Vector256.Equals(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator &(Vec256 a, Vec256 b) => new(a._value & b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator |(Vec256 a, Vec256 b) => new(a._value | b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 operator ~(Vec256 a) => new(~a._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec256 Where(Vec256 mask, Vec256 yes, Vec256 no) =>
        new(Vector256.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 LoadSingle(float* source) => new(Vector256.Load(source));

    [MethodImpl(AggressiveInlining)]
    public static Vec256 LoadBFloat16(ushort* source) =>
        new((Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()) << 16).AsSingle());

    // Exact in every step.
    [MethodImpl(AggressiveInlining)]
    public static Vec256 LoadUniform(ushort* source)
    {
        Vector256<int> bits = Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()).AsInt32();
        return new((Vector256.ConvertToSingle(bits) + Vector256.Create(0.5f)) * Vector256.Create(1f / (1 << 16)));
    }

    [MethodImpl(AggressiveInlining)]
    public static void StoreSingle(Vec256 value, float* destination) => value._value.Store(destination);

    [MethodImpl(AggressiveInlining)]
    public static void StoreBFloat16(Vec256 value, ushort* destination)
    {
        Vector256<uint> bits = value._value.AsUInt32();
        Vector256<uint> odd = (bits >>> 16) & Vector256<uint>.One;
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + odd) >>> 16;
        Vector256<uint> quiet = (bits >>> 16) | Vector256.Create(0x40u);
        Vector256<uint> isNumber = Vector256.Equals(value._value, value._value).AsUInt32();
        Vector256<uint> upper = Vector256.ConditionalSelect(isNumber, rounded, quiet);

        // Two instructions; 16 bits are never too many.
        (Sse41.IsSupported
            ? Sse41.PackUnsignedSaturate(upper.GetLower().AsInt32(), upper.GetUpper().AsInt32())
            : Vector128.Narrow(upper.GetLower(), upper.GetUpper()))
            .Store(destination);
    }
}
