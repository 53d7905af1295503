using MergeHost.Algebra;

namespace MergeHost.Checkpoints;

/// <summary>A checkpoint with tensors that are products of small rank, such as the change that an adapter makes.</summary>
public interface IFactoredCheckpoint : ICheckpointReader
{
    /// <summary>The factors of a tensor; any thread may ask.</summary>
    /// <param name="tensor">One of the checkpoint's tensors.</param>
    /// <returns><c>[rows, rank]</c> and <c>[rank, columns]</c>, whose product the tensor is;
    /// <see langword="null"/> if it is no single product.</returns>
    /// <exception cref="CheckpointException">The factors cannot be read.</exception>
    (Matrix<float> Left, Matrix<float> Right)? FactorsOf(TensorInfo tensor);
}
