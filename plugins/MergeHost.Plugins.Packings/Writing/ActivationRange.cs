using MergeHost.Checkpoints;
using MergeHost.Kernels.DTypes;

namespace MergeHost.Plugins.Packings.Writing;

/// <summary>A calibrated range of what goes through a layer: the widest of the models that are merged,
/// as none was calibrated on the result.</summary>
/// <param name="tensor">As it is stored.</param>
/// <param name="sources">The same of each model, with what tells which is the widest: itself, or the scale that it goes with.</param>
internal sealed class ActivationRange(TensorInfo tensor,
    IReadOnlyList<(ICheckpointReader Checkpoint, TensorInfo Range, TensorInfo Scale)> sources)
{
    /// <summary>As it is stored.</summary>
    public TensorInfo Tensor => tensor;

    /// <summary>Writes it.</summary>
    public void Write(ICheckpointWriter writer)
    {
        // A global scale divides: the widest range has the least.
        bool isInverse = tensor.Name.EndsWith("global_scale", StringComparison.Ordinal);
        (ICheckpointReader Checkpoint, TensorInfo Range, TensorInfo Scale) widest = isInverse
            ? sources.MinBy(source => Greatest(source.Checkpoint, source.Scale))
            : sources.MaxBy(source => Greatest(source.Checkpoint, source.Scale));
        byte[] bytes = new byte[widest.Range.LengthBytes];
        widest.Checkpoint.Read(widest.Range, 0, bytes);
        if (widest.Range.DType != tensor.DType)
        {
            float[] numbers = new float[tensor.ElementCount];
            DTypeConversion.ToSingle(widest.Range.DType, bytes, numbers);
            bytes = new byte[tensor.LengthBytes];
            DTypeConversion.FromSingle(tensor.DType, numbers, bytes);
        }

        writer.Write(tensor, 0, bytes);
    }

    private static float Greatest(ICheckpointReader checkpoint, TensorInfo scale)
    {
        float[] numbers = new float[scale.ElementCount];
        checkpoint.ReadSingle(scale, 0, numbers);
        return numbers.Max();
    }
}
