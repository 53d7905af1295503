namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>Eigenvalues of a symmetric tridiagonal matrix by QL steps without square roots.</summary>
/// <seealso href="https://doi.org/10.1137/1.9781611971163">
/// Parlett, The symmetric eigenvalue problem, chapter 8: the variant of Pal, Walker and Kahan
/// </seealso>
internal static class TridiagonalValues
{
    private const double Epsilon = 1.0 / (1L << 53);
    private const double NegligibleSquare = 1e-280;
    private const int StepsForEach = 30;

    /// <summary>Finds all eigenvalues.</summary>
    /// <param name="diagonal">The diagonal; becomes the eigenvalues, ascending.</param>
    /// <param name="offDiagonal">
    /// What is beside the diagonal, and one number more that is not read; lost. Both must be of moderate size: squares are taken.
    /// </param>
    /// <exception cref="ArithmeticException">No end after 30 steps for each eigenvalue.</exception>
    public static void Solve(Span<double> diagonal, Span<double> offDiagonal)
    {
        for (int i = 0; i < offDiagonal.Length; i++)
        {
            offDiagonal[i] *= offDiagonal[i];
        }

        int first = 0;
        for (int i = 0; i < diagonal.Length; i++)
        {
            if (i == diagonal.Length - 1 || IsNegligible(diagonal, offDiagonal, i))
            {
                SolveUnreduced(diagonal[first..(i + 1)], offDiagonal[first..(i + 1)]);
                first = i + 1;
            }
        }

        diagonal.Sort();
    }

    // Small entries converge first, so the matrix is turned round when they are at the end.
    private static void SolveUnreduced(Span<double> diagonal, Span<double> squares)
    {
        int n = diagonal.Length;
        if (double.Abs(diagonal[^1]) < double.Abs(diagonal[0]))
        {
            diagonal.Reverse();
            squares[..(n - 1)].Reverse();
        }

        int steps = StepsForEach * n;
        for (int first = 0; first < n;)
        {
            int last = first;
            while (last < n - 1 && !IsNegligible(diagonal, squares, last))
            {
                last++;
            }

            if (last == first)
            {
                first++;
            }
            else if (last == first + 1)
            {
                (diagonal[first], diagonal[last]) = Pair(diagonal[first], diagonal[last], squares[first]);
                first += 2;
            }
            else if (steps-- > 0)
            {
                Step(diagonal[first..(last + 1)], squares[first..(last + 1)]);
            }
            else
            {
                throw new ArithmeticException($"the eigenvalues of a matrix of {n} rows did not converge");
            }
        }
    }

    // One QL step by rotations of which only squares are known: c², s², and p = γ²/c². Both divisions can run side by side.
    private static void Step(Span<double> diagonal, Span<double> squares)
    {
        int last = diagonal.Length - 1;
        double shift = Shift(diagonal[0], diagonal[1], squares[0]);
        double cosine = 1;
        double sine = 0;
        double gamma = diagonal[last] - shift;
        double p = gamma * gamma;
        for (int i = last - 1; i >= 0; i--)
        {
            double square = squares[i];
            double r = p + square;
            squares[i + 1] = sine * r;
            double inverse = 1 / r;
            double inverseCosine = r / p;
            double oldCosine = cosine;
            cosine = p * inverse;
            sine = square * inverse;
            double oldGamma = gamma;
            double alpha = diagonal[i];
            gamma = (cosine * (alpha - shift)) - (sine * oldGamma);
            diagonal[i + 1] = oldGamma + (alpha - gamma);
            p = double.IsFinite(inverseCosine) ? gamma * gamma * inverseCosine : oldCosine * square;
        }

        squares[0] = sine * p;
        diagonal[0] = shift + gamma;
    }

    // Wilkinson's: the eigenvalue of the leading 2 by 2 matrix that is nearer to its first entry.
    private static double Shift(double a, double b, double square)
    {
        double e = double.Sqrt(square);
        double g = (b - a) / (2 * e);
        return a - (e / (g + double.CopySign(double.Sqrt((g * g) + 1), g)));
    }

    private static (double Low, double High) Pair(double a, double b, double square)
    {
        double half = 0.5 * (a - b);
        double root = double.Sqrt((half * half) + square);
        double far = (0.5 * (a + b)) + double.CopySign(root, a + b);
        double near = far == 0 ? 0 : ((a * b) - square) / far;
        return far < near ? (far, near) : (near, far);
    }

    private static bool IsNegligible(Span<double> diagonal, Span<double> squares, int i) =>
        squares[i] <= NegligibleSquare + (Epsilon * Epsilon * double.Abs(diagonal[i] * diagonal[i + 1]));
}
