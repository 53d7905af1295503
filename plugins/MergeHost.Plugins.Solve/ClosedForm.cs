using System.Numerics.Tensors;
using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Solve;

/// <summary>
/// The one formula of the family: of <c>C = Σ aᵢτᵢᵀτᵢ = VΛVᵀ</c> and <c>D = Σ aᵢτᵢτᵢᵀτᵢ</c>, <c>τ* = τ₀ (I − V f Vᵀ) + D V g Vᵀ</c>, where
/// the filters f and g are functions of Λ. With <c>f = 1</c> and <c>g = 1/Λ</c> it is the solution of least squares, <c>D C⁺</c>.
/// </summary>
/// <remarks>
/// All of it is in float64. The eigenproblem is that of the shorter side of all task vectors stacked,
/// <c>min(in, N·out)</c>: more directions C has not.
/// </remarks>
internal sealed record ClosedForm
{
    // Of the largest eigenvalue; what is below is rounding.
    private const double Smallest = 1e-12;

    /// <summary>The factor aᵢ by the square of a task vector's length, which is not zero.</summary>
    public required Func<double, double> Factor { get; init; }

    /// <summary>The filters by the eigenvalues, descending, and by the number of all input
    /// directions: f and g, as many as are not zero.</summary>
    public required Func<double[], int, (double[] F, double[] G)> Filters { get; init; }

    /// <summary>Whether τ₀ is the mean of the task vectors; if not, it is zero.</summary>
    public bool StartsAtMean { get; init; }

    public Treatment Merge<TOptions>(TensorGroup<TOptions> group)
        where TOptions : SolveOptions => new MatrixMerge
        {
            Weights = [.. group.Sources.Select(source => source.Options.Weight)],
            Lambda = group.Options.Lambda,
            MergesEmbeddings = group.Options.Embeddings,
        }.Of(group, Solve);

    private Matrix<float> Solve(TaskMatrices tasks, ILinearAlgebra algebra)
    {
        // NaN is no length of zero: it reaches the eigenproblem, which refuses it.
        (Matrix<float> TaskVector, double Square)[] learned =
            [.. tasks.TaskVectors.Select(taskVector => (taskVector, SquaredLength(taskVector.Elements.Span)))
                .Where(task => task.Item2 != 0)];
        if (learned.Length == 0)
        {
            return new Matrix<float>(tasks.Out, tasks.In);
        }

        Matrix<double>[] taskVectors = [.. learned.Select(task => Doubles.Widen(task.TaskVector))];
        double[] factors = [.. learned.Select(task => Factor(task.Square))];
        (double[] values, Matrix<double> directions) = Directions(taskVectors, factors, algebra);
        tasks.Cancellation.ThrowIfCancellationRequested();
        (double[] f, double[] g) = Filters(values, tasks.In);
        directions = First(directions, g.Length);
        Matrix<double> moved = Scale(algebra.Product(Cubes(taskVectors, factors, algebra), directions), g);
        Matrix<double>? start = StartsAtMean ? Mean(taskVectors, tasks.TaskVectors.Count) : null;
        if (start is { } mean)
        {
            Doubles.Add(moved, Scale(algebra.Product(mean, directions), f), -1);
        }

        Matrix<double> merged = algebra.Product(moved, directions, transposeB: true);
        if (start is { } kept)
        {
            Doubles.Add(merged, kept, 1);
        }

        return Doubles.Narrow(merged);
    }

    // Eigenvalues of C, descending, and one eigenvector a column.
    private static (double[] Values, Matrix<double> Directions) Directions(Matrix<double>[] taskVectors, double[] factors,
        ILinearAlgebra algebra)
    {
        Matrix<double> stacked = Stack(taskVectors, factors);
        SymmetricEigen eigen = algebra.SymmetricEigen(algebra.Gram(stacked), vectors: true);
        double[] values = [.. eigen.Values.Reverse()];
        int kept = values.Count(value => value > Smallest * values[0]);
        Matrix<double> vectors = Largest(eigen.Vectors!.Value, kept);
        values = values[..kept];

        // As many rows as columns: the Gram matrix is that of the rows.
        return stacked.Rows > stacked.Columns
            ? (values, vectors)
            : (values, Scale(algebra.Product(stacked, vectors, transposeA: true), [.. values.Select(value => 1 / Math.Sqrt(value))]));
    }

    // Σ aᵢτᵢτᵢᵀτᵢ, by the smaller of the two products.
    private static Matrix<double> Cubes(Matrix<double>[] taskVectors, double[] factors, ILinearAlgebra algebra)
    {
        Matrix<double> sum = new(taskVectors[0].Rows, taskVectors[0].Columns);
        foreach ((Matrix<double> taskVector, double factor) in taskVectors.Zip(factors))
        {
            Matrix<double> gram = algebra.Gram(taskVector);
            Doubles.Add(sum, taskVector.Rows <= taskVector.Columns ? algebra.Product(gram, taskVector) : algebra.Product(taskVector, gram),
                factor);
        }

        return sum;
    }

    private static Matrix<double> Stack(Matrix<double>[] taskVectors, double[] factors)
    {
        Matrix<double> stacked = new(taskVectors.Sum(taskVector => taskVector.Rows), taskVectors[0].Columns);
        int row = 0;
        foreach ((Matrix<double> taskVector, double factor) in taskVectors.Zip(factors))
        {
            double root = Math.Sqrt(factor);
            for (int i = 0; i < taskVector.Rows; i++, row++)
            {
                TensorPrimitives.Multiply(taskVector.Row(i), root, stacked.Row(row));
            }
        }

        return stacked;
    }

    private static Matrix<double> Mean(Matrix<double>[] taskVectors, int count)
    {
        Matrix<double> mean = new(taskVectors[0].Rows, taskVectors[0].Columns);
        foreach (Matrix<double> taskVector in taskVectors)
        {
            Doubles.Add(mean, taskVector, 1.0 / count);
        }

        return mean;
    }

    private static double SquaredLength(ReadOnlySpan<float> taskVector) => RunArithmetic.Dot(taskVector, taskVector);

    private static Matrix<double> First(Matrix<double> columns, int count) => Choose(columns, count, column => column);

    // Of ascending columns the last, descending.
    private static Matrix<double> Largest(Matrix<double> columns, int count) =>
        Choose(columns, count, column => columns.Columns - 1 - column);

    private static Matrix<double> Choose(Matrix<double> columns, int count, Func<int, int> from)
    {
        if (count == columns.Columns && from(0) == 0)
        {
            return columns;
        }

        Matrix<double> chosen = new(columns.Rows, count);
        for (int row = 0; row < chosen.Rows; row++)
        {
            Span<double> source = columns.Row(row);
            Span<double> numbers = chosen.Row(row);
            for (int column = 0; column < count; column++)
            {
                numbers[column] = source[from(column)];
            }
        }

        return chosen;
    }

    private static Matrix<double> Scale(Matrix<double> columns, double[] factors)
    {
        for (int row = 0; row < columns.Rows; row++)
        {
            TensorPrimitives.Multiply(columns.Row(row), factors, columns.Row(row));
        }

        return columns;
    }
}
