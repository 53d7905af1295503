using MergeHost.Lanes;

namespace MergeHost.Kernels.Vectors;

/// <summary>A lane that lives in registers and is loaded from memory and stored to it.</summary>
internal unsafe interface IMemoryVec<V> : IVec<V>
    where V : struct, IMemoryVec<V>
{
    /// <summary>How many numbers the lane holds: 1, 4, 8 or 16.</summary>
    static abstract int Count { get; }

    static abstract V LoadSingle(float* source);

    static abstract V LoadBFloat16(ushort* source);

    /// <summary>Loads random numbers of 16 bits as <c>(n + ½) · 2⁻¹⁶</c>.</summary>
    static abstract V LoadUniform(ushort* source);

    static abstract void StoreSingle(V value, float* destination);

    /// <summary>Rounds to nearest, ties to even; NaN stays NaN.</summary>
    static abstract void StoreBFloat16(V value, ushort* destination);
}
