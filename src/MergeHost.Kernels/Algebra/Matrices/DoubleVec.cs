using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static System.Runtime.CompilerServices.MethodImplOptions;

namespace MergeHost.Kernels.Algebra.Matrices;

/// <summary>A few float64 numbers in a register: what the kernels of linear algebra are written over.</summary>
internal unsafe interface IDoubleVec<V>
    where V : struct, IDoubleVec<V>
{
    static abstract int Count { get; }

    static abstract V Of(double value);

    static abstract V Load(double* source);

    /// <summary>Loads float32 numbers and widens them.</summary>
    static abstract V Load(float* source);

    static abstract void Store(V value, double* destination);

    /// <summary><c>a · b + c</c>, rounded once where the processor can (all with AVX2 and all with NEON).</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    static abstract V operator *(V a, V b);

    static abstract V operator +(V a, V b);

    static abstract double Sum(V value);
}

/// <summary>8 numbers: AVX-512.</summary>
internal readonly unsafe struct DoubleVec512 : IDoubleVec<DoubleVec512>
{
    private readonly Vector512<double> _value;

    [MethodImpl(AggressiveInlining)]
    private DoubleVec512(Vector512<double> value) => _value = value;

    public static int Count => 8;

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec512 Of(double value) => new(Vector512.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec512 Load(double* source) => new(Vector512.Load(source));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec512 Load(float* source) => new(Vector512.WidenLower(Vector256.Load(source).ToVector512Unsafe()));

    [MethodImpl(AggressiveInlining)]
    public static void Store(DoubleVec512 value, double* destination) => value._value.Store(destination);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec512 MultiplyAdd(DoubleVec512 a, DoubleVec512 b, DoubleVec512 c) =>
        new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec512 operator *(DoubleVec512 a, DoubleVec512 b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec512 operator +(DoubleVec512 a, DoubleVec512 b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static double Sum(DoubleVec512 value) =>
        DoubleVec256.Sum(new DoubleVec256(value._value.GetLower() + value._value.GetUpper()));
}

/// <summary>4 numbers: AVX2.</summary>
internal readonly unsafe struct DoubleVec256 : IDoubleVec<DoubleVec256>
{
    private readonly Vector256<double> _value;

    [MethodImpl(AggressiveInlining)]
    internal DoubleVec256(Vector256<double> value) => _value = value;

    public static int Count => 4;

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec256 Of(double value) => new(Vector256.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec256 Load(double* source) => new(Vector256.Load(source));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec256 Load(float* source) => new(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()));

    [MethodImpl(AggressiveInlining)]
    public static void Store(DoubleVec256 value, double* destination) => value._value.Store(destination);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec256 MultiplyAdd(DoubleVec256 a, DoubleVec256 b, DoubleVec256 c) =>
        new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec256 operator *(DoubleVec256 a, DoubleVec256 b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec256 operator +(DoubleVec256 a, DoubleVec256 b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static double Sum(DoubleVec256 value) => Vector128.Sum(value._value.GetLower() + value._value.GetUpper());
}

/// <summary>2 numbers: SSE, NEON, and, slowly, any other processor.</summary>
internal readonly unsafe struct DoubleVec128 : IDoubleVec<DoubleVec128>
{
    private readonly Vector128<double> _value;

    [MethodImpl(AggressiveInlining)]
    private DoubleVec128(Vector128<double> value) => _value = value;

    public static int Count => 2;

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec128 Of(double value) => new(Vector128.Create(value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec128 Load(double* source) => new(Vector128.Load(source));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec128 Load(float* source) => new(Vector128.Create((double)source[0], source[1]));

    [MethodImpl(AggressiveInlining)]
    public static void Store(DoubleVec128 value, double* destination) => value._value.Store(destination);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec128 MultiplyAdd(DoubleVec128 a, DoubleVec128 b, DoubleVec128 c) =>
        new(Vector128.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec128 operator *(DoubleVec128 a, DoubleVec128 b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVec128 operator +(DoubleVec128 a, DoubleVec128 b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static double Sum(DoubleVec128 value) => Vector128.Sum(value._value);
}

/// <summary>One number.</summary>
internal readonly unsafe struct DoubleScalar : IDoubleVec<DoubleScalar>
{
    private readonly double _value;

    [MethodImpl(AggressiveInlining)]
    private DoubleScalar(double value) => _value = value;

    public static int Count => 1;

    [MethodImpl(AggressiveInlining)]
    public static DoubleScalar Of(double value) => new(value);

    [MethodImpl(AggressiveInlining)]
    public static DoubleScalar Load(double* source) => new(*source);

    [MethodImpl(AggressiveInlining)]
    public static DoubleScalar Load(float* source) => new(*source);

    [MethodImpl(AggressiveInlining)]
    public static void Store(DoubleScalar value, double* destination) => *destination = value._value;

    [MethodImpl(AggressiveInlining)]
    public static DoubleScalar MultiplyAdd(DoubleScalar a, DoubleScalar b, DoubleScalar c) =>
        new(double.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(AggressiveInlining)]
    public static DoubleScalar operator *(DoubleScalar a, DoubleScalar b) => new(a._value * b._value);

    [MethodImpl(AggressiveInlining)]
    public static DoubleScalar operator +(DoubleScalar a, DoubleScalar b) => new(a._value + b._value);

    [MethodImpl(AggressiveInlining)]
    public static double Sum(DoubleScalar value) => value._value;
}

/// <summary>Four registers side by side.</summary>
internal readonly unsafe struct DoubleVecs<V> : IDoubleVec<DoubleVecs<V>>
    where V : struct, IDoubleVec<V>
{
    private readonly V _value0;
    private readonly V _value1;
    private readonly V _value2;
    private readonly V _value3;

    [MethodImpl(AggressiveInlining)]
    private DoubleVecs(V value0, V value1, V value2, V value3)
    {
        _value0 = value0;
        _value1 = value1;
        _value2 = value2;
        _value3 = value3;
    }

    public static int Count => 4 * V.Count;

    [MethodImpl(AggressiveInlining)]
    public static DoubleVecs<V> Of(double value)
    {
        V number = V.Of(value);
        return new(number, number, number, number);
    }

    [MethodImpl(AggressiveInlining)]
    public static DoubleVecs<V> Load(double* source) =>
        new(V.Load(source), V.Load(source + V.Count), V.Load(source + (2 * V.Count)), V.Load(source + (3 * V.Count)));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVecs<V> Load(float* source) =>
        new(V.Load(source), V.Load(source + V.Count), V.Load(source + (2 * V.Count)), V.Load(source + (3 * V.Count)));

    [MethodImpl(AggressiveInlining)]
    public static void Store(DoubleVecs<V> value, double* destination)
    {
        V.Store(value._value0, destination);
        V.Store(value._value1, destination + V.Count);
        V.Store(value._value2, destination + (2 * V.Count));
        V.Store(value._value3, destination + (3 * V.Count));
    }

    [MethodImpl(AggressiveInlining)]
    public static DoubleVecs<V> MultiplyAdd(DoubleVecs<V> a, DoubleVecs<V> b, DoubleVecs<V> c) => new(
        V.MultiplyAdd(a._value0, b._value0, c._value0),
        V.MultiplyAdd(a._value1, b._value1, c._value1),
        V.MultiplyAdd(a._value2, b._value2, c._value2),
        V.MultiplyAdd(a._value3, b._value3, c._value3));

    [MethodImpl(AggressiveInlining)]
    public static DoubleVecs<V> operator *(DoubleVecs<V> a, DoubleVecs<V> b) =>
        new(a._value0 * b._value0, a._value1 * b._value1, a._value2 * b._value2, a._value3 * b._value3);

    [MethodImpl(AggressiveInlining)]
    public static DoubleVecs<V> operator +(DoubleVecs<V> a, DoubleVecs<V> b) =>
        new(a._value0 + b._value0, a._value1 + b._value1, a._value2 + b._value2, a._value3 + b._value3);

    [MethodImpl(AggressiveInlining)]
    public static double Sum(DoubleVecs<V> value) => V.Sum(value._value0 + value._value1 + (value._value2 + value._value3));
}
