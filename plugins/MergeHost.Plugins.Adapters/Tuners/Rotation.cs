using MergeHost.Algebra;
using MergeHost.Plugins.Adapters.Changes;

namespace MergeHost.Plugins.Adapters.Tuners;

/// <summary>Rotations of skew matrices, in float64 until they are rounded.</summary>
internal static class Rotation
{
    /// <summary>A skew matrix of what is above its diagonal, row by row, scaled down to a norm that it may have at most.</summary>
    public static double[,] Skew(ReadOnlySpan<float> entries, int size, double most)
    {
        double[,] skew = new double[size, size];
        double square = 0;
        int at = 0;
        for (int row = 0; row < size; row++)
        {
            for (int column = row + 1; column < size; column++, at++)
            {
                skew[row, column] = entries[at];
                skew[column, row] = -entries[at];
                square += 2.0 * entries[at] * entries[at];
            }
        }

        double norm = Math.Sqrt(square);
        return norm <= most ? skew : Combine(skew, skew, (entry, _) => most * entry / norm);
    }

    /// <summary><c>(M − Mᵀ)/2</c></summary>
    public static double[,] SkewPart(ReadOnlySpan<float> entries, int size)
    {
        double[,] skew = new double[size, size];
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                skew[row, column] = 0.5 * ((double)entries[(row * size) + column] - entries[(column * size) + row]);
            }
        }

        return skew;
    }

    /// <summary><c>(I − Q)·(I + Q)⁻¹</c>, or its series <c>I + 2Q + 2Q² + … + Qⁿ</c> of some terms, the last one once.</summary>
    /// <param name="skew">Q.</param>
    /// <param name="size">Its extent.</param>
    /// <param name="terms">The terms; 0 for the map itself.</param>
    public static Matrix<float> Of(double[,] skew, int size, int terms)
    {
        double[,] result = terms > 0 ? Series(skew, size, terms) : Cayley(skew, size);
        return MatrixOperations.Make(size, size, (row, column) => result[row, column]);
    }

    private static double[,] Series(double[,] skew, int size, int terms)
    {
        // PEFT takes three terms for four.
        int count = terms == 3 ? 4 : terms;
        double[,] sum = Identity(size);
        double[,] power = skew;
        for (int term = 1; term < count; term++)
        {
            double factor = term == count - 1 && term > 2 ? 1 : 2;
            power = term == 1 ? skew : Product(power, skew, size);
            sum = Combine(sum, power, (s, p) => s + (factor * p));
        }

        return sum;
    }

    // Gauss and Jordan with pivots: the transposed equation (I + Q)ᵀ·Rᵀ = (I − Q)ᵀ.
    private static double[,] Cayley(double[,] skew, int size)
    {
        double[,] left = Combine(Identity(size), skew, (one, entry) => one - entry);
        double[,] right = Combine(Identity(size), skew, (one, entry) => one + entry);
        for (int column = 0; column < size; column++)
        {
            int pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(left[row, column]));
            for (int k = 0; k < size; k++)
            {
                (left[column, k], left[pivot, k]) = (left[pivot, k], left[column, k]);
                (right[column, k], right[pivot, k]) = (right[pivot, k], right[column, k]);
            }

            for (int row = 0; row < size; row++)
            {
                double factor = row == column ? 0 : left[row, column] / left[column, column];
                for (int k = 0; factor != 0 && k < size; k++)
                {
                    left[row, k] -= factor * left[column, k];
                    right[row, k] -= factor * right[column, k];
                }
            }
        }

        double[,] result = new double[size, size];
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column < size; column++)
            {
                result[column, row] = right[row, column] / left[row, row];
            }
        }

        return result;
    }

    private static double[,] Identity(int size)
    {
        double[,] identity = new double[size, size];
        for (int i = 0; i < size; i++)
        {
            identity[i, i] = 1;
        }

        return identity;
    }

    private static double[,] Product(double[,] a, double[,] b, int size)
    {
        double[,] product = new double[size, size];
        for (int row = 0; row < size; row++)
        {
            for (int k = 0; k < size; k++)
            {
                for (int column = 0; column < size; column++)
                {
                    product[row, column] += a[row, k] * b[k, column];
                }
            }
        }

        return product;
    }

    private static double[,] Combine(double[,] a, double[,] b, Func<double, double, double> combine)
    {
        double[,] result = new double[a.GetLength(0), a.GetLength(1)];
        for (int row = 0; row < a.GetLength(0); row++)
        {
            for (int column = 0; column < a.GetLength(1); column++)
            {
                result[row, column] = combine(a[row, column], b[row, column]);
            }
        }

        return result;
    }
}
