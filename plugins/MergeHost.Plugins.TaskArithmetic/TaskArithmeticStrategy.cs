using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.TaskArithmetic;

/// <summary>The base plus a weighted sum of task vectors: <c>θ₀ + λ · Σ wᵢ (θᵢ − θ₀)</c>, the
/// sum divided by <c>Σ wᵢ</c> on request.</summary>
/// <seealso href="https://arxiv.org/abs/2212.04089">Editing Models with Task Arithmetic</seealso>
/// <evidence>
/// The one of six methods that reliably beat the base over 12 public fine-tunes of 4 bases, 80 to 100 % of merges (arXiv:2511.21437);
/// 34.2 on MergeBench with Llama-3.2-3B, of 55.2 that the experts reach (arXiv:2602.05943).
/// </evidence>
/// <failure>Many experts, or unlike ones: λ must fall with their number and has to be found by trying.</failure>
/// <cost>One read of each input; memory flat.</cost>
[MergeStrategy("task_arithmetic", Base = BaseUse.Required)]
public sealed class TaskArithmeticStrategy : IMergeStrategy<TaskArithmeticOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<TaskArithmeticOptions> group)
    {
        double sum = group.Sources.Sum(source => source.Options.Weight);
        double divisor = group.Options.Normalize && Math.Abs(sum) >= 1e-8 ? sum : 1;
        if (group.Options.Lambda == 0 || group.Sources.All(source => source.Options.Weight == 0))
        {
            return Treatment.CopyBase();
        }

        return TaskVectorSum.Of([.. group.Sources.Select(source => group.Options.Lambda * source.Options.Weight / divisor)]);
    }
}
