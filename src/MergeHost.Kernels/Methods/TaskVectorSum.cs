using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Kernels.Methods;

/// <summary>The base plus a weighted sum of task vectors: <c>θ₀ + Σ wᵢ (θᵢ − θ₀)</c>.</summary>
public static class TaskVectorSum
{
    /// <summary>Adds them up.</summary>
    /// <param name="weights">The wᵢ, one for each source.</param>
    public static Treatment Of(IReadOnlyList<double> weights)
    {
        KernelParameters parameters = new(slots: 1, weights.Count);
        parameters.Fill(Kernel.Weight, weights);
        return Treatment.Elementwise<Kernel>(parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Weight = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.P(Weight, i) * (c.Source(i) - c.Base);
            }

            return c.Base + sum;
        }
    }
}
