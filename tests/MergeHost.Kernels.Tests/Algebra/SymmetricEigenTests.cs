using MergeHost.Algebra;
using MergeHost.Kernels.Algebra;
using static MergeHost.Kernels.Tests.Algebra.Matrices;

namespace MergeHost.Kernels.Tests.Algebra;

public sealed class SymmetricEigenTests
{
    private static readonly ManagedLinearAlgebra _algebra = new(threads: 2);

    /// <summary>Names of matrices that are special in some way, each of some sizes around the width of a block.</summary>
    public static TheoryData<string, int> Special
    {
        get
        {
            string[] kinds =
            [
                "zero", "identity", "ones", "diagonal", "difference", "glued", "graded", "few values", "large", "small", "random",
            ];
            int[] sizes = [1, 2, 3, 5, 63, 64, 65, 129, 200];
            TheoryData<string, int> data = [];
            foreach (string kind in kinds)
            {
                Array.ForEach(sizes, size => data.Add(kind, size));
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Special))]
    public void Vectors_OfSpecialMatrices_AreOrthonormalAndMakeTheMatrix(string kind, int n)
    {
        Matrix<double> a = Make(kind, n);
        double norm = double.Max(Norm(a), double.Epsilon);
        SymmetricEigen eigen = _algebra.SymmetricEigen(a, vectors: true);
        Matrix<double> vectors = eigen.Vectors!.Value;
        AssertBelow(Rounding.Stable(n), Skew(vectors));
        Matrix<double> again = Product(Product(vectors, Diagonal(eigen.Values)), Transpose(vectors));
        AssertBelow(Rounding.Stable(n, norm), LargestDifference(a, again));
        AssertBelow(Rounding.Stable(n, norm), LargestDifference(eigen.Values, _algebra.SymmetricEigen(a).Values));
        Assert.Equal(eigen.Values.Order(), eigen.Values);
    }

    [Fact]
    public void Vectors_OfAMatrixOfManyBlocks_AreOrthonormalAndMakeTheMatrix()
    {
        Matrix<double> a = RandomSymmetric(700, seed: 1);
        SymmetricEigen eigen = _algebra.SymmetricEigen(a, vectors: true);
        Matrix<double> vectors = eigen.Vectors!.Value;
        AssertBelow(Rounding.Stable(700), Skew(vectors));
        Matrix<double> again = Product(Product(vectors, Diagonal(eigen.Values)), Transpose(vectors));
        AssertBelow(Rounding.Stable(700, eigen.Values[^1]), LargestDifference(a, again));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(300)]
    [InlineData(700)]
    public void Values_OfSecondDifferences_FollowTheClosedForm(int n)
    {
        double[] expected = [.. Enumerable.Range(1, n).Select(k => 2 - (2 * double.Cos(k * double.Pi / (n + 1))))];
        AssertBelow(Rounding.Stable(n, norm: 4), LargestDifference(expected, _algebra.SymmetricEigen(SecondDifference(n)).Values));
    }

    [Fact]
    public void Values_WhenTheMatrixIsTurned_StayTheSame()
    {
        const int N = 300;
        Matrix<double> q = Reflection(N, seed: 2);
        Matrix<double> turned = Product(Product(q, SecondDifference(N)), q);
        double[] expected = [.. Enumerable.Range(1, N).Select(k => 2 - (2 * double.Cos(k * double.Pi / (N + 1))))];
        AssertBelow(Rounding.Stable(N, norm: 4), LargestDifference(expected, _algebra.SymmetricEigen(turned).Values));
    }

    [Fact]
    public void Values_WhenRowsAndColumnsAreReordered_StayTheSame()
    {
        const int N = 150;
        Matrix<double> a = RandomSymmetric(N, seed: 3);
        int[] order = [.. Enumerable.Range(0, N)];
        new Random(4).Shuffle(order);
        Matrix<double> reordered = Of(N, N, (row, column) => a[order[row], order[column]]);
        AssertBelow(
            Rounding.Stable(N, Norm(a)), LargestDifference(_algebra.SymmetricEigen(a).Values, _algebra.SymmetricEigen(reordered).Values));
    }

    [Fact]
    public void Values_Always_SumToTheTraceAndTheirSquaresToTheSquaredNorm()
    {
        Matrix<double> a = RandomSymmetric(250, seed: 5);
        IReadOnlyList<double> values = _algebra.SymmetricEigen(a).Values;
        double trace = Enumerable.Range(0, 250).Sum(i => a[i, i]);
        Assert.Equal(trace, values.Sum(), Rounding.Stable(250, values.Sum(double.Abs)));
        Assert.Equal(Norm(a), double.Sqrt(values.Sum(value => value * value)), Rounding.Stable(250, Norm(a)));
    }

    [Fact]
    public void Values_OfADiagonalMatrix_AreItsNumbersToTheLastBit()
    {
        double[] numbers = [3, -1, 0, 1e-30, 7.25, -1, 1e10];
        Assert.Equal(numbers.Order(), _algebra.SymmetricEigen(Diagonal(numbers)).Values);
    }

    // Eigenvalues of the matrix 1/(i + j + 1), computed with 60 digits.
    [Fact]
    public void Values_OfTheHilbertMatrix_AreRightToRounding()
    {
        double[] expected =
        [
            1.1115389663724424271e-10, 1.7988737458175766773e-8, 1.2943320918728114803e-6, 0.000054369433697499423624,
            0.0014676881177418673116, 0.026212843578119047797, 0.29812521131693070618, 1.6959389969219494521,
        ];
        Matrix<double> hilbert = Of(8, 8, (row, column) => 1.0 / (row + column + 1));
        AssertBelow(Rounding.Stable(8, expected[^1]), LargestDifference(expected, _algebra.SymmetricEigen(hilbert).Values));
        AssertBelow(Rounding.Stable(8, expected[^1]), LargestDifference(expected, _algebra.SymmetricEigen(hilbert, vectors: true).Values));
    }

    [Fact]
    public void Values_OfTheUpperTriangle_AreNotLookedAt()
    {
        Matrix<double> a = RandomSymmetric(80, seed: 6);
        Matrix<double> lower = Of(80, 80, (row, column) => column > row ? double.NaN : a[row, column]);
        Assert.Equal(_algebra.SymmetricEigen(a).Values, _algebra.SymmetricEigen(lower).Values);
    }

    [Fact]
    public void Values_OfNothing_AreNone()
    {
        SymmetricEigen eigen = _algebra.SymmetricEigen(new(0, 0), vectors: true);
        Assert.Empty(eigen.Values);
        Assert.Equal(0, eigen.Vectors!.Value.Rows);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Values_WhenANumberIsNotFinite_Throw(double number)
    {
        Matrix<double> a = RandomSymmetric(10, seed: 7);
        a[6, 2] = number;
        Assert.Throws<ArithmeticException>(() => _algebra.SymmetricEigen(a));
        Assert.Throws<ArithmeticException>(() => _algebra.SymmetricEigen(a, vectors: true));
    }

    [Fact]
    public void SymmetricEigen_WhenTheMatrixIsNotSquare_NamesItsShape()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => _algebra.SymmetricEigen(new(2, 3)));
        Assert.Contains("[2, 3]", exception.Message, StringComparison.Ordinal);
    }

    private static double Norm(Matrix<double> a)
    {
        double largest = a.Elements.Span.ToArray().Max(double.Abs);
        return largest == 0 ? 0 : largest * double.Sqrt(a.Elements.Span.ToArray().Sum(x => x / largest * (x / largest)));
    }

    private static Matrix<double> Make(string kind, int n)
    {
        Matrix<double> random = RandomSymmetric(n, seed: n);
        Matrix<double> difference = SecondDifference(n);
        return kind switch
        {
            "zero" => new(n, n),
            "identity" => Of(n, n, (row, column) => row == column ? 1.0 : 0.0),
            "ones" => Of(n, n, (_, _) => 1.0),
            "diagonal" => Of(n, n, (row, column) => row == column ? (row * 7 % 5) - 2.0 : 0.0),
            "difference" => difference,
            "glued" => Of(n, n, (row, column) => difference[row, column] * ((row + column) % 14 == 1 ? 1e-9 : 1)),
            "graded" => Of(n, n, (row, column) => double.Pow(10, -(row + column) / 4.0) * random[row, column]),
            "few values" => Of(n, n, (row, column) => (row % 3 * (column % 3)) + (row == column ? 1.0 : 0.0)),
            "large" => Of(n, n, (row, column) => 1e200 * random[row, column]),
            "small" => Of(n, n, (row, column) => 1e-200 * random[row, column]),
            _ => random,
        };
    }
}
