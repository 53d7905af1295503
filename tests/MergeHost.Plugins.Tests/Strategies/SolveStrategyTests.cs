using MergeHost.Plugins.Solve;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Strategies.Oracle;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class ActmatStrategyTests : MatrixLaws<ActmatStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        double[,] covariances = Sum(taskVectors.Select(taskVector => Product(T(taskVector), taskVector)));
        double ridge = 1e-4 * Enumerable.Range(0, covariances.GetLength(0)).Sum(i => covariances[i, i]) / covariances.GetLength(0);
        return Product(Sum(taskVectors.Select(SolveLaws.Cube)),
            Inverse(Make(covariances.GetLength(0), covariances.GetLength(0),
                (row, column) => covariances[row, column] + (row == column ? ridge : 0))));
    }
}

public sealed class WudiStrategyTests : MatrixLaws<WudiStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] v, double[] values) = SolveLaws.Eigen(taskVectors);
        return Diagonal(Product(SolveLaws.Cubes(taskVectors), v), [.. values.Select(value => 1 / (value + 1e-8))], v);
    }

    [Fact]
    public void Merge_OfOneSource_IsThatSource() => SolveLaws.AssertSame<WudiStrategy>(new WudiOptions());

    // Each has inputs of its own: nothing is disturbed, and the sum is right for both.
    [Fact]
    public void Merge_OfTasksWithInputsOfTheirOwn_IsTheirSum()
    {
        TensorValues values = TaskVectors([12, 20], 2);
        float[] first = [.. values.Sources[0].Select((x, i) => i % 20 < 8 ? x : 0)];
        float[] second = [.. values.Sources[1].Select((x, i) => i % 20 >= 12 ? x : 0)];
        AssertAgree(Add(Of(first, 12, 20), Of(second, 12, 20)), Merge(values with { Sources = [first, second] }, new WudiOptions()), 1e-5);
    }

    [Fact]
    public void Merge_WithASourceThatLearnedNothing_IsTheOther()
    {
        TensorValues values = TaskVectors([12, 20], 1);
        AssertAgree(Of(values.Sources[0], 12, 20), Merge(values with { Sources = [values.Sources[0], values.Base] }, new WudiOptions()),
            1e-5);
    }
}

public sealed class SwudiStrategyTests : MatrixLaws<SwudiStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] v, double[] values) = SolveLaws.Eigen(taskVectors);
        values = values[..Math.Min(values.Length, (int)(0.85 * taskVectors[0].GetLength(1)))];
        return SolveLaws.Filtered(taskVectors, v, values, [.. values.Select(value => 1 - Math.Exp(-300 * value))]);
    }

    [Fact]
    public void Merge_AtTimeZero_IsTheMean()
    {
        TensorValues values = TaskVectors([12, 20], 2);
        AssertAgree(Scale(Sum(values.Sources.Select(source => Of(source, 12, 20))), 0.5), Merge(values, new SwudiOptions { Time = 0 }));
    }
}

public sealed class AswudiStrategyTests : MatrixLaws<AswudiStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] v, double[] values) = SolveLaws.Eigen(taskVectors);
        values = values[..Math.Min(values.Length, (int)Math.Ceiling(Math.Pow(values.Sum(Math.Sqrt), 2) / values.Sum()))];
        return SolveLaws.Filtered(taskVectors, v, values, [.. values.Select(_ => 1.0)]);
    }

    [Fact]
    public void Merge_OfOneSource_IsThatSource() => SolveLaws.AssertSame<AswudiStrategy>(new AswudiOptions());
}

internal static class SolveLaws
{
    public static double[,] Cube(double[,] taskVector) => Product(Product(taskVector, T(taskVector)), taskVector);

    public static double[,] Cubes(IReadOnlyList<double[,]> taskVectors) =>
        Sum(taskVectors.Select(taskVector => Scale(Cube(taskVector), 1 / SquaredNorm(taskVector))));

    /// <summary>Of C the eigenvectors, one a column, and eigenvalues that are not zero, by the singular
    /// values of the stacked task vectors.</summary>
    public static (double[,] V, double[] Values) Eigen(IReadOnlyList<double[,]> taskVectors)
    {
        double[,] stacked = T(Beside([.. taskVectors.Select(taskVector => T(Scale(taskVector, 1 / Math.Sqrt(SquaredNorm(taskVector)))))]));
        (_, double[] s, double[,] v) = Svd(stacked);
        int kept = s.Count(value => value > 1e-6 * s[0]);
        return (Columns(v, kept), [.. s.Take(kept).Select(value => value * value)]);
    }

    public static double[,] Filtered(IReadOnlyList<double[,]> taskVectors, double[,] v, double[] values, double[] f)
    {
        double[,] mean = Scale(Sum(taskVectors), 1.0 / taskVectors.Count);
        double[,] kept = Columns(v, values.Length);
        double[,] moved = Diagonal(Product(Cubes(taskVectors), kept), [.. f.Zip(values, (filter, value) => filter / value)], kept);
        return Add(Add(mean, Diagonal(Product(mean, kept), f, kept), -1), moved);
    }

    public static void AssertSame<TStrategy>(object options)
        where TStrategy : MergeHost.Strategies.IMergeStrategy, new()
    {
        TensorValues values = Some.Group([12, 20], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], StrategyRunner.Merge(new TStrategy(), values, options), 1e-5f);
    }
}
