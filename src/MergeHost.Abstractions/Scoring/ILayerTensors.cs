using MergeHost.Algebra;

namespace MergeHost.Scoring;

/// <summary>Which of a pair's matrices is meant.</summary>
public enum LayerMatrix
{
    /// <summary>The base's weights W₀.</summary>
    Base,

    /// <summary>The adapted model's weights W₁.</summary>
    Adapted,

    /// <summary>The task vector D = W₁ − W₀.</summary>
    TaskVector,
}

/// <summary>One tensor of a model before and after adaptation, with what a scorer may ask of it.</summary>
/// <remarks>Each member is computed when it is first asked for, at most once for all scorers of a run. The memory is the host's.</remarks>
public interface ILayerTensors
{
    /// <summary>The tensor's name, dtype and shape in the adapted model.</summary>
    TensorInfo Tensor { get; }

    /// <summary>What the tensor does in the model.</summary>
    TensorRole Role { get; }

    /// <summary>The number of its layer, counted from 0, or <see langword="null"/> outside the layers.</summary>
    int? Layer { get; }

    /// <summary>How many layers the model has.</summary>
    int LayerCount { get; }

    /// <summary>A matrix in float32, <c>[out, in]</c>; a vector is one row. Read-only by contract.</summary>
    Matrix<float> Get(LayerMatrix which);

    /// <summary>The singular values of a matrix, descending.</summary>
    IReadOnlyList<double> SingularValues(LayerMatrix which);
}
