using MergeHost.Algebra;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>Coefficients of rows whose sum comes nearest to another row, by a Cholesky factor that grows row by row.</summary>
/// <param name="most">How many rows there will be at most.</param>
internal sealed class LeastSquares(int most)
{
    // What is left of a row that others make, against the row itself.
    private const double LeastShare = 1e-12;

    private readonly double[][] _factor = new double[most][];
    private readonly double[] _products = new double[most];
    private int _count;

    /// <summary>Adds a row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="places">Those that were added before.</param>
    /// <param name="next">The new one.</param>
    /// <param name="wanted">The row that the sum comes near to.</param>
    /// <returns>Whether the row is none that the others make.</returns>
    public bool Add(Matrix<float> rows, List<int> places, int next, ReadOnlySpan<float> wanted)
    {
        ReadOnlySpan<float> row = rows.Row(next);
        double[] line = new double[_count + 1];
        double own = SparseCode.Product(row, row);
        double rest = own;
        for (int other = 0; other < _count; other++)
        {
            double sum = SparseCode.Product(row, rows.Row(places[other]));
            for (int column = 0; column < other; column++)
            {
                sum -= line[column] * _factor[other][column];
            }

            line[other] = sum / _factor[other][other];
            rest -= line[other] * line[other];
        }

        if (!(rest > own * LeastShare))
        {
            return false;
        }

        line[_count] = Math.Sqrt(rest);
        _factor[_count] = line;
        _products[_count++] = SparseCode.Product(row, wanted);
        return true;
    }

    /// <summary>The coefficients.</summary>
    public double[] Solve()
    {
        double[] solution = _products[.._count];
        for (int row = 0; row < _count; row++)
        {
            for (int column = 0; column < row; column++)
            {
                solution[row] -= _factor[row][column] * solution[column];
            }

            solution[row] /= _factor[row][row];
        }

        for (int row = _count - 1; row >= 0; row--)
        {
            for (int below = row + 1; below < _count; below++)
            {
                solution[row] -= _factor[below][row] * solution[below];
            }

            solution[row] /= _factor[row][row];
        }

        return solution;
    }

    /// <summary>Solves a system whose last column is its right side, by elimination with the largest pivot;
    /// unknowns that it does not tell are 0.</summary>
    public static double[] Eliminate(double[,] system)
    {
        int size = system.GetLength(0);
        bool[] isTold = new bool[size];
        for (int step = 0; step < size; step++)
        {
            int pivot = Enumerable.Range(step, size - step).MaxBy(row => Math.Abs(system[row, step]));
            isTold[step] = Math.Abs(system[pivot, step]) > 1e-14;
            for (int column = 0; column <= size && isTold[step]; column++)
            {
                (system[step, column], system[pivot, column]) = (system[pivot, column], system[step, column]);
            }

            for (int row = step + 1; row < size && isTold[step]; row++)
            {
                double share = system[row, step] / system[step, step];
                for (int column = step; column <= size; column++)
                {
                    system[row, column] -= share * system[step, column];
                }
            }
        }

        double[] solution = new double[size];
        for (int row = size - 1; row >= 0; row--)
        {
            double sum = system[row, size];
            for (int column = row + 1; column < size; column++)
            {
                sum -= system[row, column] * solution[column];
            }

            solution[row] = isTold[row] ? sum / system[row, row] : 0;
        }

        return solution;
    }
}
