namespace MergeHost.Kernels.Algebra.Decompositions;

/// <summary>The eigenvalues of <c>diag(d) + z·zᵀ</c>: the roots of <c>f(λ) = 1 + Σ zⱼ²/(dⱼ − λ)</c>, one beyond each d.</summary>
/// <remarks>
/// A root is found as its distance from the nearer d, so that its distances from all d are right in almost all digits, which is
/// what makes the eigenvectors orthogonal.
/// </remarks>
/// <seealso href="https://doi.org/10.1007/BF01396012">
/// Bunch, Nielsen, Sorensen, Rank-one modification of the symmetric eigenproblem
/// </seealso>
internal static class SecularEquation
{
    private const double Epsilon = 1.0 / (1L << 53);
    private const int Steps = 200;

    /// <summary>Finds one root.</summary>
    /// <param name="d">Ascending, no two alike.</param>
    /// <param name="squares">The <c>zⱼ²</c>, all above zero.</param>
    /// <param name="index">The root between d's number of that index and the next, or beyond the last.</param>
    /// <param name="distances">Receives <c>dⱼ − λ</c>.</param>
    /// <returns>λ.</returns>
    /// <exception cref="ArithmeticException">No end after 200 steps.</exception>
    public static double Root(ReadOnlySpan<double> d, ReadOnlySpan<double> squares, int index, Span<double> distances)
    {
        bool isLast = index == d.Length - 1;
        double gap = isLast ? 2 * Sum(squares) : d[index + 1] - d[index];
        int split = isLast ? int.Max(index - 1, 0) : index;
        Value middle = Evaluate(d, squares, split, d[index], gap / 2);
        bool isNearNext = middle.F < 0 && !isLast;
        double origin = isNearNext ? d[index + 1] : d[index];
        double offset = isNearNext ? -gap / 2 : gap / 2;
        (double low, double high) = (middle.F < 0, isLast) switch
        {
            (false, _) => (0.0, gap / 2),
            (true, true) => (gap / 2, gap),
            (true, false) => (-gap / 2, 0.0),
        };
        for (int step = 0; ; step++)
        {
            Value value = Evaluate(d, squares, split, origin, offset);
            (low, high) = value.F < 0 ? (offset, high) : (low, offset);
            double left = d[split] - origin - offset;
            double right = d[int.Min(split + 1, d.Length - 1)] - origin - offset;
            double next = offset + Step(value, left, right, isLast);
            if (!(low < next && next < high))
            {
                next = low + ((high - low) / 2);
            }

            if (double.Abs(value.F) <= Epsilon * value.Error || next == offset || next <= low || next >= high)
            {
                break;
            }

            if (step == Steps)
            {
                throw new ArithmeticException($"root {index} of {d.Length} of a secular equation did not converge");
            }

            offset = next;
        }

        for (int j = 0; j < d.Length; j++)
        {
            distances[j] = d[j] - origin - offset;
        }

        return origin + offset;
    }

    // Solves f's model c + s/(Δ₁ − η) + S/(Δ₂ − η) = 0, in which each half of the sum has the value and the slope that it has in
    // f: c·η² − a·η + b = 0 with the root between the poles, or beyond both for the last.
    private static double Step(in Value value, double left, double right, bool isLast)
    {
        double a = ((left + right) * value.F) - (left * right * (value.LeftSlope + value.RightSlope));
        double b = left * right * value.F;
        double c = value.F - (left * value.LeftSlope) - (right * value.RightSlope);
        double root = double.Sqrt(double.Abs((a * a) - (4 * b * c)));
        root = isLast ? -root : root;
        return (a <= 0) ^ isLast ? (a - root) / (2 * c) : 2 * b / (a + root);
    }

    // Sums run towards the poles at the split, so that the large terms come last.
    private static Value Evaluate(ReadOnlySpan<double> d, ReadOnlySpan<double> squares, int split, double origin, double offset)
    {
        double left = 0;
        double leftSlope = 0;
        double error = 0;
        for (int j = 0; j <= split; j++)
        {
            double inverse = 1 / (d[j] - origin - offset);
            double term = squares[j] * inverse;
            left += term;
            leftSlope += term * inverse;
            error += double.Abs(left);
        }

        double right = 0;
        double rightSlope = 0;
        for (int j = d.Length - 1; j > split; j--)
        {
            double inverse = 1 / (d[j] - origin - offset);
            double term = squares[j] * inverse;
            right += term;
            rightSlope += term * inverse;
            error += double.Abs(right);
        }

        error += 1 + (8 * (double.Abs(left) + double.Abs(right))) + (double.Abs(offset) * (leftSlope + rightSlope));
        return new(1 + left + right, leftSlope, rightSlope, error);
    }

    private static double Sum(ReadOnlySpan<double> numbers)
    {
        double sum = 0;
        foreach (double number in numbers)
        {
            sum += number;
        }

        return sum;
    }

    // f, the slopes of the terms up to the split and of those after it, and the bound of f's rounding error in units of Epsilon.
    private readonly record struct Value(double F, double LeftSlope, double RightSlope, double Error);
}
