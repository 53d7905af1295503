using System.Runtime.CompilerServices;
using MergeHost.Lanes;

namespace MergeHost.Strategies;

internal readonly struct GramWithBaseKernel : IReduceKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Terms<V, C>(in C c, Span<V> terms)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        terms[0] = c.Base * c.Base;
        int next = 1;
        for (int j = 0; j < c.SourceCount; j++)
        {
            terms[next++] = c.Base * c.Source(j);
        }

        for (int i = 0; i < c.SourceCount; i++)
        {
            for (int j = i; j < c.SourceCount; j++)
            {
                terms[next++] = c.Source(i) * c.Source(j);
            }
        }
    }
}

internal readonly struct GramOfTaskVectorsKernel : IReduceKernel
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Terms<V, C>(in C c, Span<V> terms)
        where V : struct, IVec<V>
        where C : struct, IKernelContext<V>
    {
        int next = 0;
        for (int i = 0; i < c.SourceCount; i++)
        {
            V taskVector = c.Source(i) - c.Base;
            for (int j = i; j < c.SourceCount; j++)
            {
                terms[next++] = taskVector * (c.Source(j) - c.Base);
            }
        }
    }
}
