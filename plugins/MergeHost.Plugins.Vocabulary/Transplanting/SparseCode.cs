using System.Numerics.Tensors;
using MergeHost.Algebra;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>A row as a sum of some others: their places with their coefficients.</summary>
internal sealed class SparseCode
{
    private const double LeastDistance = 1e-6;

    private readonly List<int> _places = [];
    private double[] _coefficients = [];

    /// <summary>Adds the sum up over the rows of another matrix.</summary>
    public void Apply(Matrix<float> rows, Span<float> sum)
    {
        double[] exact = new double[rows.Columns];
        for (int index = 0; index < _places.Count; index++)
        {
            ReadOnlySpan<float> row = rows.Row(_places[index]);
            for (int column = 0; column < exact.Length; column++)
            {
                exact[column] += _coefficients[index] * row[column];
            }
        }

        for (int column = 0; column < exact.Length; column++)
        {
            sum[column] = (float)exact[column];
        }
    }

    /// <summary>
    /// Orthogonal matching pursuit: k times the row that has the largest product with what is
    /// left, and then the coefficients that leave least.
    /// </summary>
    /// <param name="algebra">Multiplies matrices.</param>
    /// <param name="rows">What sums are made of.</param>
    /// <param name="wanted">What they are to come near to, one a row.</param>
    /// <param name="k">How many are taken.</param>
    public static SparseCode[] Pursue(ILinearAlgebra algebra, Matrix<float> rows, Matrix<float> wanted, int k)
    {
        SparseCode[] codes = [.. Enumerable.Range(0, wanted.Rows).Select(_ => new SparseCode())];
        LeastSquares[] systems = [.. codes.Select(_ => new LeastSquares(k))];
        bool[] isDone = new bool[codes.Length];
        Matrix<float> left = new(wanted.Rows, wanted.Columns, wanted.Elements.ToArray());
        for (int step = 0; step < k && !Array.TrueForAll(isDone, done => done); step++)
        {
            Matrix<float> products = algebra.Multiply(left, rows, transposeB: true);
            Parallel.For(0, codes.Length, target =>
            {
                SparseCode code = codes[target];
                int best = isDone[target] ? -1 : Largest(products.Row(target), code._places);
                if (best < 0 || !systems[target].Add(rows, code._places, best, wanted.Row(target)))
                {
                    isDone[target] = true;
                    return;
                }

                code._places.Add(best);
                code._coefficients = systems[target].Solve();
                Subtract(rows, code, wanted.Row(target), left.Row(target));
            });
        }

        return codes;
    }

    /// <summary>The nearest rows, weighed.</summary>
    /// <param name="algebra">Multiplies matrices.</param>
    /// <param name="rows">What sums are made of.</param>
    /// <param name="wanted">What they are to come near to, one a row.</param>
    /// <param name="options">How many, by what distance, with what weights.</param>
    public static SparseCode[] Nearest(ILinearAlgebra algebra, Matrix<float> rows, Matrix<float> wanted, TransplantOptions options)
    {
        Matrix<float> products = algebra.Multiply(wanted, rows, transposeB: true);
        double[] lengths = [.. Enumerable.Range(0, rows.Rows).Select(row => (double)TensorPrimitives.Norm<float>(rows.Row(row)))];
        SparseCode[] codes = [.. Enumerable.Range(0, wanted.Rows).Select(_ => new SparseCode())];
        Parallel.For(0, codes.Length, target =>
        {
            double[] distances = new double[rows.Rows];
            double length = TensorPrimitives.Norm<float>(wanted.Row(target));
            for (int row = 0; row < distances.Length; row++)
            {
                double product = products[target, row];
                distances[row] = options.Cosine
                    ? 1 - (product / Math.Max(lengths[row] * length, LeastDistance))
                    : (lengths[row] * lengths[row]) + (length * length) - (2 * product);
            }

            codes[target]._places.AddRange(distances.Index().OrderBy(row => row.Item).ThenBy(row => row.Index).Take(options.K)
                .Select(row => row.Index));
            codes[target]._coefficients = Weights(rows, codes[target]._places, wanted.Row(target), options);
        });
        return codes;
    }

    private static double[] Weights(Matrix<float> rows, List<int> places, ReadOnlySpan<float> wanted, TransplantOptions options)
    {
        int count = places.Count;
        if (options.Weights == InterpolationWeights.DistanceProportional)
        {
            double[] weights = new double[count];
            for (int index = 0; index < count; index++)
            {
                ReadOnlySpan<float> row = rows.Row(places[index]);
                weights[index] = options.Cosine
                    ? Product(row, wanted) / Math.Max(Math.Sqrt(Product(row, row) * Product(wanted, wanted)), LeastDistance)
                    : 1 / Math.Max(Distance(row, wanted), LeastDistance);
            }

            double total = Math.Max(weights.Sum(), LeastDistance);
            return [.. weights.Select(weight => weight / total)];
        }

        // The products of the rows with each other and with what is wanted; for barycentric weights with a sum of 1 beside.
        int size = count + (options.Weights == InterpolationWeights.Barycentric ? 1 : 0);
        double[,] system = new double[size, size + 1];
        for (int index = 0; index < count; index++)
        {
            for (int other = 0; other < count; other++)
            {
                system[index, other] = Product(rows.Row(places[index]), rows.Row(places[other]));
            }

            system[index, size] = Product(rows.Row(places[index]), wanted);
            if (size > count)
            {
                system[index, count] = system[count, index] = 1;
            }
        }

        if (size > count)
        {
            system[count, size] = 1;
        }

        return LeastSquares.Eliminate(system)[..count];
    }

    private static int Largest(ReadOnlySpan<float> products, List<int> taken)
    {
        int best = -1;
        for (int row = 0; row < products.Length; row++)
        {
            if ((best < 0 || Math.Abs(products[row]) > Math.Abs(products[best])) && !taken.Contains(row))
            {
                best = row;
            }
        }

        return best;
    }

    private static void Subtract(Matrix<float> rows, SparseCode code, ReadOnlySpan<float> wanted, Span<float> left)
    {
        code.Apply(rows, left);
        TensorPrimitives.Subtract(wanted, left, left);
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int column = 0; column < a.Length; column++)
        {
            double difference = (double)a[column] - b[column];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    internal static double Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int column = 0; column < a.Length; column++)
        {
            sum += (double)a[column] * b[column];
        }

        return sum;
    }
}
