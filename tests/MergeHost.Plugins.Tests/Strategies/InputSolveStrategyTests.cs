using MergeHost.Checkpoints;
using MergeHost.Plugins.Solve;
using MergeHost.Strategies;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Strategies.Oracle;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class RegmeanStrategyTests : InputSolveLaws<RegmeanStrategy>
{
    protected override InputSolveOptions Options(AuxiliaryCheckpoint statistics) => new RegmeanOptions { Statistics = statistics };

    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors, IReadOnlyList<double[,]> grams)
    {
        double[][,] damped = [.. grams.Select(gram => Make(gram.GetLength(0), gram.GetLength(0),
            (row, column) => gram[row, column] * (row == column ? 1 : 0.9)))];
        return Product(Sum(taskVectors.Zip(damped, Product)), Inverse(Sum(damped)));
    }

    // Nobody's inputs reach the last ones: there the mean stays.
    [Fact]
    public void Merge_WhereNoInputsAre_KeepsTheMean()
    {
        TensorValues values = TaskVectors([6, 10], 2);
        float[] merged = Merge(values, [.. Grams(10, 2, reached: 7)]);
        for (int i = 0; i < merged.Length; i++)
        {
            if (i % 10 >= 7)
            {
                Assert.Equal((values.Sources[0][i] + values.Sources[1][i]) / 2, merged[i], 1e-5f);
            }
        }
    }

    // A third of the elements beside the diagonal: a model that counts three times is one that is there three times.
    [Fact]
    public void Merge_WithAWeight_CountsAModelAsOften()
    {
        TensorValues two = TaskVectors([6, 10], 2);
        double[][,] grams = [.. Grams(10, 2)];
        TensorValues four = two with { Sources = [two.Sources[0], two.Sources[0], two.Sources[0], two.Sources[1]] };
        float[] often = Merge(four, [grams[0], grams[0], grams[0], grams[1]]);
        float[] weighted = Merge(two, grams, (options, i) => ((RegmeanOptions)options) with { Weight = i == 0 ? 3 : 1 });
        AssertAgree(Of(often, 6, 10), weighted, 1e-5);
    }
}

public sealed class LotStrategyTests : InputSolveLaws<LotStrategy>
{
    protected override InputSolveOptions Options(AuxiliaryCheckpoint statistics) => new LotOptions { Statistics = statistics };

    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors, IReadOnlyList<double[,]> grams) =>
        Product(Sum(taskVectors.Zip(grams, Product)), Inverse(Sum(grams)));

    [Fact]
    public void Merge_WhereNoInputsAre_KeepsTheBase()
    {
        TensorValues values = TaskVectors([6, 10], 2);
        float[] merged = Merge(values, [.. Grams(10, 2, reached: 7)]);
        Assert.All(merged.Where((_, i) => i % 10 >= 7), value => Assert.Equal(0, value, 1e-6f));
        Assert.Contains(merged, value => value != 0);
    }
}

/// <summary>What methods must do that are given statistics of activations.</summary>
public abstract class InputSolveLaws<TStrategy> : MergeStrategyContract<TStrategy>
    where TStrategy : IMergeStrategy, new()
{
    private const string Weight = "model.layers.0.mlp.up_proj";

    // Without anything known of the weight, the mean is taken.
    protected override object ValidOptions => Options(NoStatistics());

    protected abstract InputSolveOptions Options(AuxiliaryCheckpoint statistics);

    /// <summary>The formula in float64, on the task vectors and the means of x xᵀ.</summary>
    internal abstract double[,] Formula(IReadOnlyList<double[,]> taskVectors, IReadOnlyList<double[,]> grams);

    // With 300 inputs the triangular factor has three blocks, the last of them a part.
    [Theory]
    [InlineData(24, 40, 3)]
    [InlineData(40, 24, 2)]
    [InlineData(7, 300, 2)]
    [InlineData(1, 1, 2)]
    public void Merge_OfMatrices_AgreesWithTheFormulaInFloat64(int rows, int columns, int sources)
    {
        TensorValues values = TaskVectors([rows, columns], sources);
        double[][,] grams = [.. Grams(columns, sources)];
        AssertAgree(Formula([.. values.Sources.Select(source => Of(source, rows, columns))], grams), Merge(values, grams));
    }

    // Each task's outputs on its own inputs stay what they are, since no other task has such inputs.
    [Fact]
    public void Merge_OfTasksWithInputsOfTheirOwn_IsEachOnItsInputs()
    {
        TensorValues values = TaskVectors([12, 20], 2);
        double[,] all = Grams(20, 1).Single();
        double[,] first = Make(20, 20, (row, column) => row < 8 && column < 8 ? all[row, column] : 0);
        double[,] second = Make(20, 20, (row, column) => row >= 8 && column >= 8 ? all[row, column] : 0);
        double[,] expected = Make(12, 20, (row, column) => values.Sources[column < 8 ? 0 : 1][(row * 20) + column]);
        AssertAgree(expected, Merge(values, [first, second]), 1e-5);
    }

    [Fact]
    public void Merge_OfOneSource_IsThatSource()
    {
        TensorValues values = Some.Group([12, 20], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, [.. Grams(20, 1)]), 1e-5f);
    }

    [Fact]
    public void Merge_WithoutStatisticsOfATensor_IsTheWeightedMean()
    {
        TensorValues values = TaskVectors([3, 4], 2) with
        {
            SourceOptions = [Options(NoStatistics()) with { Weight = 3 }, Options(NoStatistics())]
        };
        StrategyLaws.AssertNear([.. values.Sources[0].Zip(values.Sources[1], (a, b) => ((3 * a) + b) / 4)], Merge(values, ValidOptions),
            1e-6f);
    }

    [Theory]
    [InlineData("lacks 'model.layers.0.mlp.up_proj.gram', which 'source0' has", "abs_mean 4")]
    [InlineData("'model.layers.0.mlp.up_proj.gram' has shape [5, 5]; expected [4, 4]", "gram 5 5")]
    [InlineData("and not 'model.layers.0.mlp.up_proj.gram'", "square_mean 4")]
    public void Merge_WithStatisticsThatDoNotSuit_IsRefused(string message, string tensor)
    {
        string[] words = tensor.Split(' ');
        TensorInfo odd = new($"{Weight}.{words[0]}", DType.F32, TensorShape.Create([.. words[1..].Select(long.Parse)]));
        AuxiliaryCheckpoint other = new("odd", new TinyCheckpoint().Add(odd, new byte[odd.LengthBytes]).Open());
        TensorValues values = TaskVectors([3, 4], 2) with
        {
            SourceOptions = [Options(Statistics(Grams(4, 1).Single(), 0)), Options(other)]
        };
        MergeException exception = Assert.Throws<MergeException>(() => Merge(values, ValidOptions));
        Assert.Equal(ErrorCodes.AuxiliaryMismatch, exception.Code);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    protected float[] Merge(TensorValues values, double[][,] grams, Func<InputSolveOptions, int, InputSolveOptions>? change = null)
    {
        InputSolveOptions[] options = [.. grams.Select((gram, i) => Options(Statistics(gram, i)))];
        return Merge(values with { SourceOptions = [.. options.Select((own, i) => change?.Invoke(own, i) ?? own)] }, ValidOptions);
    }

    /// <summary>Means of x xᵀ over more inputs than there are extents, of which only the first are
    /// reached; float32, as they are stored.</summary>
    internal static IEnumerable<double[,]> Grams(int count, int sources, int? reached = null)
    {
        for (int source = 0; source < sources; source++)
        {
            double[,] x = Of(Some.Group([(2 * count) + 3, count], sources: 1, seed: 40 + source).Base, (2 * count) + 3, count);
            double[,] gram = Scale(Product(T(x), x), 1.0 / x.GetLength(0));
            yield return Make(count, count, (row, column) => Math.Max(row, column) < (reached ?? count) ? (float)gram[row, column] : 0);
        }
    }

    protected static TensorValues TaskVectors(TensorShape shape, int sources) => MatrixLaws<TStrategy>.TaskVectors(shape, sources);

    private static AuxiliaryCheckpoint Statistics(double[,] gram, int source) => new($"source{source}", new TinyCheckpoint()
        .Add($"{Weight}.gram", DType.F32, [gram.GetLength(0), gram.GetLength(0)], [.. gram.Cast<double>().Select(number => (float)number)])
        .Open());

    private static AuxiliaryCheckpoint NoStatistics() => new("nothing", new TinyCheckpoint().Open());
}
