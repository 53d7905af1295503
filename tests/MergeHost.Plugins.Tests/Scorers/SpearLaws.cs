using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using MergeHost.Scoring;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Scorers;

/// <summary>Matrices that the laws of spectral scores are tried on.</summary>
internal static class SpearLaws
{
    /// <summary>Noise of deviation 1 with some directions far above it.</summary>
    public static Matrix<float> Spiked(int rows, int columns, int spikes, int seed = 1)
    {
        float[] elements = [.. Some.Group([rows, columns], sources: 0, seed).Base];
        Matrix<float> matrix = new(rows, columns, elements);
        for (int spike = 0; spike < spikes; spike++)
        {
            matrix = Plus(matrix, RankOne(rows, columns, 40 * (spike + 1), seed + spike + 100));
        }

        return matrix;
    }

    /// <summary>One direction with a singular value of about <c>strength</c> times √(rows · columns).</summary>
    public static Matrix<float> RankOne(int rows, int columns, double strength, int seed)
    {
        float[] left = Some.Group([rows], sources: 0, seed).Base;
        float[] right = Some.Group([columns], sources: 0, seed + 1).Base;
        double scale = strength / Math.Sqrt(left.Sum(x => (double)x * x) * right.Sum(x => (double)x * x)) * Math.Sqrt(Math.Max(rows,
            columns));
        return new Matrix<float>(rows, columns, (float[])[.. left.SelectMany(x => right.Select(y => (float)(scale * x * y)))]);
    }

    public static Matrix<float> Plus(Matrix<float> a, Matrix<float> b, float factor = 1) =>
        new(a.Rows, a.Columns, (float[])[.. a.Elements.ToArray().Zip(b.Elements.ToArray(), (x, y) => x + (factor * y))]);

    /// <summary>Both matrices turned by one rotation of the rows.</summary>
    public static LayerValues Rotated(LayerValues layer)
    {
        ManagedLinearAlgebra algebra = new(threads: 1);
        int rows = layer.Get(LayerMatrix.Base).Rows;
        (Matrix<float> rotation,
            _) = algebra.Qr(new Matrix<float>(rows, rows, (float[])[.. Some.Group([rows, rows], sources: 0, seed: 9).Base]));
        return new LayerValues(algebra.Multiply(rotation, layer.Get(LayerMatrix.Base)),
            algebra.Multiply(rotation, layer.Get(LayerMatrix.Adapted)));
    }

    /// <summary>Both matrices with rows and columns in another order.</summary>
    public static LayerValues Permuted(LayerValues layer)
    {
        return new LayerValues(Permute(layer.Get(LayerMatrix.Base)), Permute(layer.Get(LayerMatrix.Adapted)));

        static Matrix<float> Permute(Matrix<float> matrix)
        {
            Matrix<float> result = new(matrix.Rows, matrix.Columns);
            for (int row = 0; row < matrix.Rows; row++)
            {
                for (int column = 0; column < matrix.Columns; column++)
                {
                    result[matrix.Rows - 1 - row, (column + 3) % matrix.Columns] = matrix[row, column];
                }
            }

            return result;
        }
    }

    /// <summary>Asserts that neither a rotation nor another order of rows and columns changes a score.</summary>
    /// <param name="score">The score of a pair.</param>
    public static void AssertIsInvariant(Func<LayerValues, double> score)
    {
        LayerValues layer = new(Spiked(24, 60, spikes: 3), Spiked(24, 60, spikes: 4, seed: 2));
        double expected = score(layer);
        Assert.Equal(expected, score(Permuted(layer)), 1e-9 * Math.Max(1, Math.Abs(expected)));
        Assert.Equal(expected, score(Rotated(layer)), 1e-5 * Math.Max(1, Math.Abs(expected)));
    }
}
