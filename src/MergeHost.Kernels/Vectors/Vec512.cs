using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace MergeHost.Kernels.Vectors;

/// <summary>16 numbers in a register of 512 bits.</summary>
internal readonly unsafe struct Vec512 : IMemoryVec<Vec512>
{
    private readonly Vector512<float> _value;

    [MethodImpl(AggressiveInlining)]
    private Vec512(Vector512<float> value) => _value = value;

    public static int Count => 16;

    public static Vec512 Zero
    {
        [MethodImpl(AggressiveInlining)]
        get => default;
    }

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Of(float value) => new(Vector512.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator +(Vec512 a, Vec512 b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator -(Vec512 a, Vec512 b) => new(a._value - b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator -(Vec512 a) => new(-a._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator *(Vec512 a, Vec512 b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator /(Vec512 a, Vec512 b) => new(a._value / b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Abs(Vec512 a) => new(Vector512.Abs(a._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Sqrt(Vec512 a) => new(Vector512.Sqrt(a._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Min(Vec512 a, Vec512 b) => new(Vector512.Min(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Max(Vec512 a, Vec512 b) => new(Vector512.Max(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator >(Vec512 a, Vec512 b) => new(Vector512.GreaterThan(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator <(Vec512 a, Vec512 b) => new(Vector512.LessThan(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator >=(Vec512 a, Vec512 b) => new(Vector512.GreaterThanOrEqual(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator <=(Vec512 a, Vec512 b) => new(Vector512.LessThanOrEqual(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Equal(Vec512 a, Vec512 b) => new(Vector512.Equals(a._value, b._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator &(Vec512 a, Vec512 b) => new(a._value & b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator |(Vec512 a, Vec512 b) => new(a._value | b._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 operator ~(Vec512 a) => new(~a._value);

    [MethodImpl(AggressiveInlining)]
    public static Vec512 Where(Vec512 mask, Vec512 yes, Vec512 no) =>
        new(Vector512.ConditionalSelect(mask._value, yes._value, no._value));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 LoadSingle(float* source) => new(Vector512.Load(source));

    [MethodImpl(AggressiveInlining)]
    public static Vec512 LoadBFloat16(ushort* source) =>
        new((Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()) << 16).AsSingle());

    // Exact in every step.
    [MethodImpl(AggressiveInlining)]
    public static Vec512 LoadUniform(ushort* source)
    {
        Vector512<int> bits = Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()).AsInt32();
        return new((Vector512.ConvertToSingle(bits) + Vector512.Create(0.5f)) * Vector512.Create(1f / (1 << 16)));
    }

    [MethodImpl(AggressiveInlining)]
    public static void StoreSingle(Vec512 value, float* destination) => value._value.Store(destination);

    [MethodImpl(AggressiveInlining)]
    public static void StoreBFloat16(Vec512 value, ushort* destination)
    {
        Vector512<uint> bits = value._value.AsUInt32();
        Vector512<uint> odd = (bits >>> 16) & Vector512<uint>.One;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + odd) >>> 16;
        Vector512<uint> quiet = (bits >>> 16) | Vector512.Create(0x40u);
        Vector512<uint> isNumber = Vector512.Equals(value._value, value._value).AsUInt32();
        Vector512.Narrow(Vector512.ConditionalSelect(isNumber, rounded, quiet), default).GetLower().Store(destination);
    }
}
