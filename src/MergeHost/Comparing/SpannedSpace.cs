using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Kernels.Methods;
using MergeHost.Plans;
using MergeHost.Reports;

namespace MergeHost.Comparing;

/// <summary>The spaces of outputs and inputs that a tensor of small rank spans: orthonormal directions, one a column.</summary>
internal sealed class SpannedSpace
{
    private static readonly ManagedLinearAlgebra _algebra = new(threads: 1);

    private readonly Matrix<float> _outputs;
    private readonly Matrix<float> _inputs;

    private SpannedSpace(Matrix<float> left, Matrix<float> right)
    {
        // Of the product L·R, by the small matrix between orthonormal bases of both.
        (Matrix<float> q, Matrix<float> r) = _algebra.Qr(left);
        (Matrix<float> p, Matrix<float> s) = _algebra.Qr(right.Transpose());
        Directions core = Directions.Of(_algebra.Multiply(r, s, transposeB: true), _algebra);
        _outputs = _algebra.Multiply(q, core.U);
        _inputs = _algebra.Multiply(p, core.V);
    }

    /// <summary>The spaces of a tensor; <see langword="null"/> if it is no single product of two factors, or not of small rank.</summary>
    public static SpannedSpace? Of(InputTensor? tensor) =>
        tensor?.Model.Factored?.FactorsOf(tensor.Tensor) is var (left, right) && left.Columns > 0
            && left.Columns <= Math.Min(left.Rows, right.Columns) ? new(left, right) : null;

    /// <summary>The principal angles between these spaces and others.</summary>
    public SpaceAngles AnglesWith(SpannedSpace other) => new(Angles(_outputs, other._outputs), Angles(_inputs, other._inputs));

    // By cosines where angles are large, and by sines where they are small, since the other is flat there.
    private static double[] Angles(Matrix<float> one, Matrix<float> other)
    {
        (one, other) = one.Columns >= other.Columns ? (one, other) : (other, one);
        if (other.Columns == 0)
        {
            return [];
        }

        Matrix<float> products = _algebra.Multiply(one, other, transposeA: true);
        Matrix<float> within = _algebra.Multiply(one, products);
        Matrix<float> beside = new(other.Rows, other.Columns);
        System.Numerics.Tensors.TensorPrimitives.Subtract(other.Elements.Span, within.Elements.Span, beside.Elements.Span);
        IReadOnlyList<double> cosines = _algebra.SingularValues(products);
        double[] sines = [.. _algebra.SingularValues(beside).Take(other.Columns).Reverse()];
        return [.. cosines.Take(other.Columns)
            .Zip(sines, (cosine,
                sine) => (cosine * cosine < 0.5 ? Math.Acos(Math.Min(1, cosine)) : Math.Asin(Math.Min(1, sine))) * 180 / Math.PI)];
    }
}
