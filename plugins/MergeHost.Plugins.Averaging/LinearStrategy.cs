using System.Runtime.CompilerServices;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Averaging;

/// <summary>The weighted mean of the sources: <c>Σ wᵢ θᵢ / Σ wᵢ</c>, or the plain weighted sum.</summary>
/// <remarks>mergekit divides by a sum of zero and writes NaN; here that is an error.</remarks>
/// <seealso href="https://arxiv.org/abs/2203.05482">Model soups: averaging weights of multiple fine-tuned models</seealso>
/// <evidence>
/// Llama 3, OLMo 3, Nemotron 3 and Ling average checkpoints of one run; with 12 public fine-tunes on each of 4 bases, task arithmetic,
/// which is this mean at λ = 1/N, is what helps reliably (arXiv:2511.21437).
/// </evidence>
/// <failure>
/// Models of different runs or of another base: the mean of unlike weights is neither. Short of the experts where tasks differ much.
/// </failure>
/// <cost>One read of each input; memory flat.</cost>
[MergeStrategy("linear")]
public sealed class LinearStrategy : IMergeStrategy<LinearOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<LinearOptions> group)
    {
        // 0.1 + 0.2 − 0.3 is not quite zero, and no mean could be made by it.
        double sum = group.Sources.Sum(source => source.Options.Weight);
        double mass = group.Sources.Sum(source => Math.Abs(source.Options.Weight));
        if (group.Options.Normalize && Math.Abs(sum) <= 1e-9 * mass)
        {
            throw MergeException.Refused(
                "the weights sum to 0, so the mean is not defined", "Change a weight, or set `normalize: false` for a plain sum.");
        }

        double divisor = group.Options.Normalize ? sum : 1;
        if (group.Sources.Count == 1 && group.Sources[0].Options.Weight == divisor)
        {
            return Treatment.CopySource(0);
        }

        KernelParameters parameters = new(slots: 1, group.Sources.Count);
        parameters.Fill(Kernel.Weight, group.Sources.Select(source => source.Options.Weight / divisor));
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
            V sum = c.P(Weight, 0) * c.Source(0);
            for (int i = 1; i < c.SourceCount; i++)
            {
                sum += c.P(Weight, i) * c.Source(i);
            }

            return sum;
        }
    }
}
