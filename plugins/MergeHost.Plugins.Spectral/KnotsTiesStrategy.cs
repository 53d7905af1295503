using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Selection;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// TIES in a basis that the task vectors share: of <c>[w₁τ₁ … w_Nτ_N] = U S [V₁ … V_N]ᵀ</c> the <c>SVᵢᵀ = Uᵀwᵢτᵢ</c> are trimmed, vote on
/// signs and are averaged where they agree, element by element; <c>θ₀ + λ · U · TIES(SV₁ᵀ … SV_Nᵀ)</c>.
/// </summary>
/// <remarks>
/// Made for adapters of low rank, whose task vectors otherwise disagree in every element. Of equal values at the edge of the trim the
/// lowest flat index counts as the largest, and a vote of zero is one for plus, as in <c>ties</c>.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2410.19735">Model merging with SVD to tie the Knots</seealso>
/// <evidence>Its authors' adapters of vision models and of Llama-3-8B (arXiv:2410.19735).</evidence>
/// <failure>Task vectors of full rank: then it is TIES in another basis.</failure>
/// <cost>One decomposition of N times the width.</cost>
[MergeStrategy("knots_ties", Base = BaseUse.Required)]
public sealed class KnotsTiesStrategy : IMergeStrategy<KnotsOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<KnotsOptions> group) =>
        group.Merge((tasks, algebra) => Merge(tasks, algebra, group.Options.Density));

    private static Matrix<float> Merge(TaskMatrices tasks, ILinearAlgebra algebra, double density)
    {
        Directions shared = Directions.Of(Directions.Join(tasks.TaskVectors), algebra);
        if (shared.S.Length == 0)
        {
            return new(tasks.Out, tasks.In);
        }

        float[][] aligned = [.. tasks.TaskVectors.Select(taskVector =>
            Trimmed(algebra.Multiply(shared.U, taskVector, transposeA: true).Elements.ToArray(), density))];
        Matrix<float> merged = new(shared.S.Length, tasks.In);
        Span<float> elements = merged.Elements.Span;
        for (int i = 0; i < elements.Length; i++)
        {
            double total = 0;
            foreach (float[] values in aligned)
            {
                total += values[i];
            }

            double sum = 0;
            int agreeing = 0;
            foreach (float[] values in aligned)
            {
                if (values[i] != 0 && values[i] > 0 == total >= 0)
                {
                    sum += values[i];
                    agreeing++;
                }
            }

            elements[i] = agreeing == 0 ? 0 : (float)(sum / agreeing);
        }

        return algebra.Multiply(shared.U, merged);
    }

    private static float[] Trimmed(float[] values, double density)
    {
        SmallSelection.Trim(values, (int)(density * values.Length));
        return values;
    }
}
