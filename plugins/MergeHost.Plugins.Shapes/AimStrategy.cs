using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>
/// Holds back the task vector at inputs that matter to the base: <c>θ₀ + τ · diag(r)</c> with <c>rⱼ = 1 − (1 − ω) · aⱼ / max a</c>,
/// where aⱼ is the mean of |xⱼ| over general data.
/// </summary>
/// <remarks>
/// A step of `then:`, or a merge of a single model. `statistics` are those of the base. Tensors that
/// inputs are not multiplied with stay as they are.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2502.02421">Activation-informed merging of large language models</seealso>
/// <evidence>Its authors: with several methods and Llama-2-13B experts of code, mathematics and instructions, up to 40 %
/// more on benchmarks (arXiv:2502.02421).</evidence>
/// <failure>Statistics of a narrow text protect that text only.</failure>
/// <cost>The tensors of one weight in memory, and one pass.</cost>
[MergeStrategy("aim", Base = BaseUse.Required, MaxSources = 1)]
public sealed class AimStrategy : IMergeStrategy<AimOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<AimOptions> group)
    {
        AimOptions options = group.Options;
        return options.Statistics.FindAbsMean(group.Base!) is not { } means ? Treatment.CopySource(0) : Treatment.Matrix((tensors, _) =>
        {
            double[] magnitudes = options.Statistics.Read(means).Elements.ToArray();
            double largest = magnitudes.Max();
            float[] factors = [.. magnitudes.Select(magnitude =>
                (float)(1 - (largest == 0 ? 0 : (1 - options.Omega) * magnitude / largest)))];
            Matrix<float> @base = tensors.Base!.Value;
            for (int row = 0; row < @base.Rows; row++)
            {
                Span<float> before = @base.Row(row);
                Span<float> after = tensors.Sources[0].Row(row);
                Span<float> result = tensors.Result.Row(row);
                for (int column = 0; column < factors.Length; column++)
                {
                    result[column] = before[column] + (factors[column] * (after[column] - before[column]));
                }
            }
        });
    }
}
