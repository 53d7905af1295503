using System.Runtime.CompilerServices;

namespace MergeHost.Kernels.Vectors.Loops;

/// <summary>The element types that lanes load and store by themselves; others are converted to float32 before or after.</summary>
public enum ElementFormat
{
    /// <summary>binary32.</summary>
    Single,

    /// <summary>The upper half of binary32.</summary>
    BFloat16,
}

internal unsafe interface IElementFormat
{
    static abstract V Load<V>(byte* data, nint element)
        where V : struct, IMemoryVec<V>;

    static abstract void Store<V>(V value, byte* data, nint element)
        where V : struct, IMemoryVec<V>;
}

internal readonly unsafe struct SingleFormat : IElementFormat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* data, nint element)
        where V : struct, IMemoryVec<V> => V.LoadSingle((float*)data + element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(V value, byte* data, nint element)
        where V : struct, IMemoryVec<V> => V.StoreSingle(value, (float*)data + element);
}

internal readonly unsafe struct BFloat16Format : IElementFormat
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load<V>(byte* data, nint element)
        where V : struct, IMemoryVec<V> => V.LoadBFloat16((ushort*)data + element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<V>(V value, byte* data, nint element)
        where V : struct, IMemoryVec<V> => V.StoreBFloat16(value, (ushort*)data + element);
}
