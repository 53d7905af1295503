namespace MergeHost.Lanes;

/// <summary>A formula that makes one element of the result from the elements at the same place of the inputs.</summary>
/// <remarks>
/// Implemented by an empty <c>readonly struct</c>; everything it needs to know comes through the context. It is called for
/// every place, in any order, from several threads, so it must depend on nothing else. <c>Apply</c> must carry
/// <c>[MethodImpl(MethodImplOptions.AggressiveInlining)]</c>: without it a merge is 2.5 times slower.
/// </remarks>
public interface IElementwiseKernel
{
    /// <summary>Computes the result at one place.</summary>
    static abstract V Apply<V, C>(in C c)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>;
}
