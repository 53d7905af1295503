using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MergeHost.Plugins.Adapters.Changes;

/// <summary>Some float32 numbers in a register, whose multiplication and addition are rounded once together.</summary>
internal interface ISingleLane<V>
    where V : struct, ISingleLane<V>
{
    static abstract int Count { get; }

    static abstract V Of(float value);

    static abstract V Load(ref float first, nuint at);

    /// <summary><c>a·b + sum</c></summary>
    static abstract V MultiplyAdd(V a, V b, V sum);

    /// <summary>Adds to numbers in memory.</summary>
    static abstract void AddTo(ref float first, nuint at, V value);
}

/// <summary>16 numbers: AVX-512.</summary>
internal readonly struct SingleLane512(Vector512<float> value) : ISingleLane<SingleLane512>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SingleLane512 Of(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SingleLane512 Load(ref float first, nuint at) => new(Vector512.LoadUnsafe(ref first, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SingleLane512 MultiplyAdd(SingleLane512 a, SingleLane512 b, SingleLane512 sum) =>
        new(Vector512.FusedMultiplyAdd(a._value, b._value, sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(ref float first, nuint at, SingleLane512 value) =>
        (Vector512.LoadUnsafe(ref first, at) + value._value).StoreUnsafe(ref first, at);
}

/// <summary>8 numbers: AVX2, or two registers where there is none.</summary>
internal readonly struct SingleLane256(Vector256<float> value) : ISingleLane<SingleLane256>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SingleLane256 Of(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SingleLane256 Load(ref float first, nuint at) => new(Vector256.LoadUnsafe(ref first, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SingleLane256 MultiplyAdd(SingleLane256 a, SingleLane256 b, SingleLane256 sum) =>
        new(Vector256.FusedMultiplyAdd(a._value, b._value, sum._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddTo(ref float first, nuint at, SingleLane256 value) =>
        (Vector256.LoadUnsafe(ref first, at) + value._value).StoreUnsafe(ref first, at);
}
