using MergeHost.Checkpoints;
using MergeHost.Kernels.Methods;

namespace MergeHost.Activations;

/// <summary>The tensors that a file of statistics holds for each weight.</summary>
/// <param name="HasGrams">Whether Gram matrices are among them.</param>
internal sealed record StatisticsLayout(bool HasGrams)
{
    /// <summary>The tensors of a weight: its means, and its digest.</summary>
    public IReadOnlyList<TensorInfo> Of(TensorInfo weight)
    {
        long inputs = weight.Shape.RowLength;
        List<TensorInfo> tensors =
        [
            new(ActivationStatistics.AbsMeanOf(weight.Name), DType.F32, [inputs]),
            new(ActivationStatistics.SquareMeanOf(weight.Name), DType.F32, [inputs]),
        ];
        if (HasGrams)
        {
            tensors.Add(new(ActivationStatistics.GramOf(weight.Name), DType.F32, [inputs, inputs]));
        }

        tensors.Add(new(AuxiliaryCheckpoint.DigestOf(weight.Name), DType.U8, [16]));
        return tensors;
    }
}
