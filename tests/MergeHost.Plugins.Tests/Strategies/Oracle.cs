namespace MergeHost.Plugins.Tests.Strategies;

/// <summary>Matrices in float64 by the plainest methods, none of which the product uses: products by their definition,
/// singular values by Jacobi's rotations.</summary>
internal static class Oracle
{
    public static double[,] Of(float[] elements, int rows, int columns)
    {
        double[,] matrix = new double[rows, columns];
        for (int i = 0; i < elements.Length; i++)
        {
            matrix[i / columns, i % columns] = elements[i];
        }

        return matrix;
    }

    public static double[,] Make(int rows, int columns, Func<int, int, double> number)
    {
        double[,] matrix = new double[rows, columns];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                matrix[row, column] = number(row, column);
            }
        }

        return matrix;
    }

    public static double[,] T(double[,] a) => Make(a.GetLength(1), a.GetLength(0), (row, column) => a[column, row]);

    public static double[,] Product(double[,] a, double[,] b) => Make(a.GetLength(0), b.GetLength(1), (row, column) =>
    {
        double sum = 0;
        for (int i = 0; i < a.GetLength(1); i++)
        {
            sum += a[row, i] * b[i, column];
        }

        return sum;
    });

    public static double[,] Add(double[,] a, double[,] b, double factor = 1) =>
        Make(a.GetLength(0), a.GetLength(1), (row, column) => a[row, column] + (factor * b[row, column]));

    public static double[,] Scale(double[,] a, double factor) =>
        Make(a.GetLength(0), a.GetLength(1), (row, column) => factor * a[row, column]);

    public static double[,] Sum(IEnumerable<double[,]> all) => all.Aggregate((sum, next) => Add(sum, next));

    public static double SquaredNorm(double[,] a) => a.Cast<double>().Sum(x => x * x);

    public static double[,] Columns(double[,] a, int count) => Make(a.GetLength(0), count, (row, column) => a[row, column]);

    public static double[,] Beside(IReadOnlyList<double[,]> parts)
    {
        int[] starts = [.. parts.Select((_, i) => parts.Take(i).Sum(part => part.GetLength(1)))];
        return Make(parts[0].GetLength(0), parts.Sum(part => part.GetLength(1)), (row, column) =>
        {
            int i = Array.FindLastIndex(starts, start => start <= column);
            return parts[i][row, column - starts[i]];
        });
    }

    public static double[,] Diagonal(double[,] u, IReadOnlyList<double> s, double[,] v) =>
        Product(Make(u.GetLength(0), s.Count, (row, column) => u[row, column] * s[column]), T(v));

    /// <summary>The thin singular value decomposition; directions of length zero are zeros.</summary>
    public static (double[,] U, double[] S, double[,] V) Svd(double[,] a)
    {
        if (a.GetLength(0) < a.GetLength(1))
        {
            (double[,] left, double[] s, double[,] right) = Svd(T(a));
            return (right, s, left);
        }

        int rows = a.GetLength(0), count = a.GetLength(1);
        double[,] u = (double[,])a.Clone();
        double[,] v = Make(count, count, (row, column) => row == column ? 1 : 0);
        double negligible = 1e-28 * SquaredNorm(a);
        for (bool turns = true; turns;)
        {
            turns = false;
            for (int p = 0; p < count; p++)
            {
                for (int q = p + 1; q < count; q++)
                {
                    double alpha = 0, beta = 0, gamma = 0;
                    for (int i = 0; i < rows; i++)
                    {
                        alpha += u[i, p] * u[i, p];
                        beta += u[i, q] * u[i, q];
                        gamma += u[i, p] * u[i, q];
                    }

                    if (Math.Abs(gamma) <= 1e-14 * Math.Sqrt(alpha * beta) || Math.Min(alpha, beta) <= negligible)
                    {
                        continue;
                    }

                    turns = true;
                    double zeta = (beta - alpha) / (2 * gamma);
                    double t = (zeta >= 0 ? 1 : -1) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
                    double c = 1 / Math.Sqrt(1 + (t * t));
                    Turn(u, p, q, c, c * t);
                    Turn(v, p, q, c, c * t);
                }
            }
        }

        double[] values = [.. Enumerable.Range(0, count)
            .Select(column => Math.Sqrt(Enumerable.Range(0, rows).Sum(row => u[row, column] * u[row, column])))];
        int[] order = [.. Enumerable.Range(0, count).OrderByDescending(i => values[i])];
        return (
            Make(rows, count, (row, column) => values[order[column]] == 0 ? 0 : u[row, order[column]] / values[order[column]]),
            [.. order.Select(i => values[i])],
            Make(count, count, (row, column) => v[row, order[column]]));
    }

    public static double[,] Polar(double[,] a)
    {
        (double[,] u, double[] s, double[,] v) = Svd(a);
        return Diagonal(u, [.. s.Select(value => value > 1e-6 * s[0] ? 1.0 : 0.0)], v);
    }

    /// <summary>The inverse, by elimination with the largest pivot.</summary>
    public static double[,] Inverse(double[,] a)
    {
        int n = a.GetLength(0);
        double[,] rows = Make(n, 2 * n, (row, column) => column < n ? a[row, column] : column - n == row ? 1 : 0);
        for (int k = 0; k < n; k++)
        {
            int pivot = Enumerable.Range(k, n - k).MaxBy(row => Math.Abs(rows[row, k]));
            for (int column = 0; column < 2 * n; column++)
            {
                (rows[k, column], rows[pivot, column]) = (rows[pivot, column], rows[k, column]);
            }

            foreach (int row in Enumerable.Range(0, n).Where(row => row != k))
            {
                double factor = rows[row, k] / rows[k, k];
                for (int column = k; column < 2 * n; column++)
                {
                    rows[row, column] -= factor * rows[k, column];
                }
            }
        }

        return Make(n, n, (row, column) => rows[row, column + n] / rows[row, row]);
    }

    /// <summary>Fails unless numbers agree to 1e-6 of the largest.</summary>
    public static void AssertAgree(double[,] expected, float[] actual, double tolerance = 1e-6)
    {
        double[] all = [.. expected.Cast<double>()];
        double largest = all.Max(Math.Abs);
        Assert.Equal(all.Length, actual.Length);
        double worst = all.Zip(actual, (x, y) => Math.Abs(x - y)).Max();
        Assert.True(worst <= tolerance * largest, $"the largest difference is {worst:E2}, {worst / largest:E2} of the largest number");
    }

    private static void Turn(double[,] a, int p, int q, double c, double s)
    {
        for (int i = 0; i < a.GetLength(0); i++)
        {
            (a[i, p], a[i, q]) = ((c * a[i, p]) - (s * a[i, q]), (s * a[i, p]) + (c * a[i, q]));
        }
    }
}
