using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Permutation;

/// <summary>Inner products of each unit of the reference with each of a model: <c>S[i, j] = Σ ⟨aᵢ, bⱼ⟩</c>
/// over the tensors that have the units.</summary>
/// <param name="units">How many units.</param>
/// <param name="algebra">Operations on matrices.</param>
internal sealed class Similarity(int units, ILinearAlgebra algebra)
{
    private readonly Matrix<float> _sum = new(units, units);

    /// <summary>Adds the products of a tensor, its units in the order in which the model stores them.</summary>
    public void Add(MatchedWeights weights, TensorInfo tensor, int axis)
    {
        foreach ((Matrix<float> reference, Matrix<float> model) in weights.Read(tensor, axis))
        {
            Matrix<float> product = axis == 0
                ? algebra.Multiply(ByUnit(reference), ByUnit(model), transposeB: true)
                    : algebra.Multiply(reference, model, transposeA: true);
            TensorPrimitives.Add(_sum.Elements.Span, product.Elements.Span, _sum.Elements.Span);
        }
    }

    /// <summary>The products.</summary>
    /// <exception cref="CheckpointException">One is NaN or infinite.</exception>
    public Matrix<float> Finite(string model, string what)
    {
        if (!float.IsFinite(TensorPrimitives.SumOfMagnitudes<float>(_sum.Elements.Span)))
        {
            throw new CheckpointException(new Problem(
                ErrorCodes.NonFinite,
                $"'{model}': units of '{what}' cannot be compared, as it or the model before it holds NaN, infinities or numbers that are "
                    + "too large",
                "Check the models with `mergehost inspect`."));
        }

        return _sum;
    }

    /// <summary>The products of the pairs that an order makes.</summary>
    public double Of(int[] order)
    {
        double sum = 0;
        for (int unit = 0; unit < order.Length; unit++)
        {
            sum += _sum[unit, order[unit]];
        }

        return sum;
    }

    // All numbers of a unit in one row: a head is as many rows as it has channels.
    private Matrix<float> ByUnit(Matrix<float> matrix) => new(units, matrix.Elements.Length / units, matrix.Elements);
}
