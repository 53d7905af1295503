using MergeHost.Lanes;

namespace MergeHost.Kernels.Methods;

/// <summary>What a method keeps of a task vector before several are added up.</summary>
/// <remarks>
/// Implemented by an empty <c>readonly struct</c>. As a kernel's, its method must carry
/// <c>[MethodImpl(MethodImplOptions.AggressiveInlining)]</c>, and depend on nothing but the context.
/// </remarks>
public interface IThinning
{
    /// <summary>A source's task vector where it is kept, zero elsewhere.</summary>
    static abstract V Kept<V, C>(in C c, int source)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>;
}
