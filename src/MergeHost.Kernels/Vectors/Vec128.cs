using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace MergeHost.Kernels.Vectors;

/// <summary>4 numbers in a register of 128 bits.</summary>
internal readonly unsafe struct Vec128 : IMemoryVec<Vec128>
{
    private readonly Vector128<float> _value;

    [MethodImpl(AggressiveInlining)]
    private Vec128(Vector128<float> value) => _value = value;

    public static int Count => 4;

    public static Vec128 Zero
    {
        [MethodImpl(AggressiveInlining)]
        get => default;
    }

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Of(float value) => new(Vector128.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator +(Vec128 a, Vec128 b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator -(Vec128 a, Vec128 b) => new(a._value - b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator -(Vec128 a) => new(-a._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator *(Vec128 a, Vec128 b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator /(Vec128 a, Vec128 b) => new(a._value / b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Abs(Vec128 a) => new(Vector128.Abs(a._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Sqrt(Vec128 a) => new(Vector128.Sqrt(a._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Min(Vec128 a, Vec128 b) => new(Vector128.Min(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Max(Vec128 a, Vec128 b) => new(Vector128.Max(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator >(Vec128 a, Vec128 b) => new(Vector128.GreaterThan(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator <(Vec128 a, Vec128 b) => new(Vector128.LessThan(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator >=(Vec128 a, Vec128 b) => new(Vector128.GreaterThanOrEqual(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator <=(Vec128 a, Vec128 b) => new(Vector128.LessThanOrEqual(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Equal(Vec128 a, Vec128 b) => new(Vector128.Equals(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator &(Vec128 a, Vec128 b) => new(a._value & b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator |(Vec128 a, Vec128 b) => new(a._value | b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 operator ~(Vec128 a) => new(~a._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec128 Where(Vec128 mask, Vec128 yes, Vec128 no) =>
        new(Vector128.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 LoadSingle(float* source) => new(Vector128.Load(source));

    [MethodImpl(AggressiveInlining)]
    public static Vec128 LoadBFloat16(ushort* source) =>
        new((Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()) << 16).AsSingle());

    // Exact in every step.
    [MethodImpl(AggressiveInlining)]
    public static Vec128 LoadUniform(ushort* source)
    {
        Vector128<int> bits = Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()).AsInt32();
        return new((Vector128.ConvertToSingle(bits) + Vector128.Create(0.5f)) * Vector128.Create(1f / (1 << 16)));
    }

    [MethodImpl(AggressiveInlining)]
    public static void StoreSingle(Vec128 value, float* destination) => value._value.Store(destination);

    [MethodImpl(AggressiveInlining)]
    public static void StoreBFloat16(Vec128 value, ushort* destination)
    {
        Vector128<uint> bits = value._value.AsUInt32();
        Vector128<uint> odd = (bits >>> 16) & Vector128<uint>.One;
        Vector128<uint> rounded = (bits + Vector128.Create(0x7FFFu) + odd) >>> 16;
        Vector128<uint> quiet = (bits >>> 16) | Vector128.Create(0x40u);
        Vector128<uint> isNumber = Vector128.Equals(value._value, value._value).AsUInt32();
        Vector128.Narrow(Vector128.ConditionalSelect(isNumber, rounded, quiet), default).GetLower().Store(destination);
    }
}
