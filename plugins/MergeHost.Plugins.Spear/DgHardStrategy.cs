using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Plugins.Spear.Spectra;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spear;

/// <summary>
/// Restores singular directions instead of layers: of the task vector <c>τ = U·S·Vᵀ</c> only what stands out from noise stays,
/// <c>S &gt; scale · ω(β) · median(S) / μ(β)</c>; the rest goes back to the base.
/// </summary>
/// <remarks>
/// Vectors and tensors of fewer than 1,024 elements keep all that they learned. The directions are those of the shorter side's Gram matrix
/// in float64, and the result is the base plus τ projected on them: no vector of the longer side is needed.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2605.20296">Spectral unforgetting</seealso>
/// <evidence>Its authors: the best balance of repair and retention over 14 settings (arXiv:2605.20296).</evidence>
/// <failure>A single model; what stands out from noise need not be what a benchmark asks for.</failure>
/// <cost>An eigenproblem of the shorter side of each matrix.</cost>
[MergeStrategy("dg_hard", Base = BaseUse.Required, MaxSources = 1)]
public sealed class DgHardStrategy : IMergeStrategy<DgHardOptions>
{
    private const int FewestElements = 1024;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<DgHardOptions> group) => group.Output.Shape.Rank < 2 || group.Output.ElementCount < FewestElements
        ? Treatment.CopySource(0)
        : Treatment.Matrix((tensors, algebra) => Merge(tensors, algebra, group.Options.Scale));

    private static void Merge(WholeTensors tensors, ILinearAlgebra algebra, double scale)
    {
        Matrix<float> before = tensors.Base!.Value;
        Matrix<float> taskVector = new(before.Rows, before.Columns);
        TensorPrimitives.Subtract(tensors.Sources[0].Elements.Span, before.Elements.Span, taskVector.Elements.Span);
        Matrix<float> directions = Kept(algebra.SymmetricEigen(algebra.Gram(taskVector), vectors: true), Beta(before), scale);
        tensors.Cancellation.ThrowIfCancellationRequested();
        Matrix<float> kept = before.Rows <= before.Columns
            ? algebra.Multiply(directions, algebra.Multiply(directions, taskVector, transposeA: true))
            : algebra.Multiply(algebra.Multiply(taskVector, directions), directions, transposeB: true);
        TensorPrimitives.Add<float>(before.Elements.Span, kept.Elements.Span, tensors.Result.Elements.Span);
    }

    private static double Beta(Matrix<float> matrix) =>
        (double)Math.Min(matrix.Rows, matrix.Columns) / Math.Max(matrix.Rows, matrix.Columns);

    // One direction a column.
    private static Matrix<float> Kept(SymmetricEigen gram, double beta, double scale)
    {
        double[] values = [.. gram.Values.Select(value => Math.Sqrt(Math.Max(0, value)))];
        double threshold = scale * MarchenkoPastur.HardThreshold(beta) * Median(values) / MarchenkoPastur.Median(beta);
        int first = values.Count(value => value <= threshold);
        Matrix<float> directions = new(values.Length, values.Length - first);
        for (int row = 0; row < values.Length; row++)
        {
            TensorPrimitives.ConvertTruncating<double, float>(gram.Vectors!.Value.Row(row)[first..], directions.Row(row));
        }

        return directions;
    }

    private static double Median(double[] ascending) => (ascending[(ascending.Length - 1) / 2] + ascending[ascending.Length / 2]) / 2;
}
