using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Scoring;

namespace MergeHost.Testing;

/// <summary>The numbers of a tensor before and after adaptation, as a scorer sees them.</summary>
/// <param name="base">The base's elements.</param>
/// <param name="adapted">The adapted model's elements, of the same shape.</param>
public sealed class LayerValues(Matrix<float> @base, Matrix<float> adapted) : ILayerTensors
{
    /// <inheritdoc/>
    public TensorInfo Tensor { get; init; } = new("model.layers.0.mlp.up_proj.weight", DType.F32, [@base.Rows, @base.Columns]);

    /// <inheritdoc/>
    public TensorRole Role { get; init; } = TensorRole.Up;

    /// <inheritdoc/>
    public int? Layer { get; init; } = 0;

    /// <inheritdoc/>
    public int LayerCount { get; init; } = 1;

    /// <inheritdoc/>
    public Matrix<float> Get(LayerMatrix which) => which switch
    {
        LayerMatrix.Base => @base,
        LayerMatrix.Adapted => adapted,
        _ => new Matrix<float>(@base.Rows, @base.Columns,
            adapted.Elements.ToArray().Zip(@base.Elements.ToArray(), (after, before) => after - before).ToArray()),
    };

    /// <inheritdoc/>
    public IReadOnlyList<double> SingularValues(LayerMatrix which) => new ManagedLinearAlgebra(threads: 1).SingularValues(Get(which));
}
