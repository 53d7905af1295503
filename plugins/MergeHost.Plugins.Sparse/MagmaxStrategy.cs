using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Sparse;

/// <summary>Takes each element from the task vector in which it is the largest by magnitude: <c>θ₀ + λ ·
/// wₘτₘ</c> with <c>m = argmaxᵢ |wᵢτᵢ|</c>.</summary>
/// <remarks>Of equal magnitudes the first source's is taken. Made for models that were trained one after the other
/// on parts of one task.</remarks> <seealso href="https://arxiv.org/abs/2407.06322">MagMax: Leveraging Model
/// Merging for Seamless Continual Learning</seealso>
/// <evidence>Its authors' continual learning of vision models (arXiv:2407.06322).</evidence>
/// <failure>Unlike lengths of task vectors: the longest wins everywhere; set weights.</failure>
/// <cost>One read of each input; memory flat.</cost>
[MergeStrategy("magmax", Base = BaseUse.Required)]
public sealed class MagmaxStrategy : IMergeStrategy<MagmaxOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<MagmaxOptions> group)
    {
        if (group.Options.Lambda == 0)
        {
            return Treatment.CopyBase();
        }

        KernelParameters parameters = new(Kernel.Slots, group.Sources.Count) { [Kernel.Lambda, 0] = (float)group.Options.Lambda };
        parameters.Fill(Kernel.Weight, group.Sources.Select(source => source.Options.Weight));
        return Treatment.Elementwise<Kernel>(parameters);
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Weight = 0;
        public const int Lambda = 1;
        public const int Slots = 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V largest = V.Zero;
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                V taskVector = c.P(Weight, i) * (c.Source(i) - c.Base);
                largest = V.Where(V.Abs(taskVector) > V.Abs(largest), taskVector, largest);
                sum += taskVector;
            }

            // A comparison with NaN is false, which would hide it: sum − sum is zero, or NaN where one is no finite number.
            return c.Base + (c.P(Lambda) * (largest + (sum - sum)));
        }
    }
}
