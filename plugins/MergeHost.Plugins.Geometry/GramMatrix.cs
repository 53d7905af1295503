using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>
/// All inner products among vectors, which is all that directions on a sphere need: the vectors are read once for it, and once for
/// the result.
/// </summary>
internal static class GramMatrix
{
    /// <summary>Asks for the inner products of task vectors, or of sources if there is no base.</summary>
    public static RunStatistic Of(int sources, bool hasBase) =>
        Statistic.Runs(InnerProducts.Count(sources), InnerProducts.Among(sources, hasBase));

    /// <summary>The whole matrix, from its upper triangle row by row.</summary>
    public static Matrix<double> From(IReadOnlyList<double> triangle, int size)
    {
        Matrix<double> gram = new(size, size);
        int next = 0;
        for (int i = 0; i < size; i++)
        {
            for (int j = i; j < size; j++)
            {
                gram[i, j] = gram[j, i] = triangle[next++];
            }
        }

        return gram;
    }

    /// <summary><c>cᵀ G c</c>: the square of the length of a combination.</summary>
    public static double SquaredLength(Matrix<double> gram, double[] coefficients)
    {
        double sum = 0;
        for (int i = 0; i < gram.Rows; i++)
        {
            for (int j = 0; j < gram.Rows; j++)
            {
                sum += coefficients[i] * gram[i, j] * coefficients[j];
            }
        }

        return Math.Max(0, sum);
    }
}
