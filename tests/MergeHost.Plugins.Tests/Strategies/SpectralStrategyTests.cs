using MergeHost.Plugins.Spectral;
using MergeHost.Strategies;
using MergeHost.Testing;
using static MergeHost.Plugins.Tests.Strategies.Oracle;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class TsvStrategyTests : MatrixLaws<TsvStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        int k = Math.Max(1, Math.Min(taskVectors[0].GetLength(0), taskVectors[0].GetLength(1)) / taskVectors.Count);
        (double[,] U, double[] S, double[,] V)[] parts = [.. taskVectors.Select(Svd)];
        return Diagonal(
            Polar(Beside([.. parts.Select(part => Columns(part.U, k))])),
            [.. parts.SelectMany(part => part.S.Take(k))],
            Polar(Beside([.. parts.Select(part => Columns(part.V, k))])));
    }

    [Fact]
    public void Merge_OfOneSource_IsThatSource()
    {
        TensorValues values = Some.Group([20, 30], sources: 1);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new TsvOptions()), 1e-6f);
    }

    // What two tasks share exactly counts once: half of the directions of the one task vector.
    [Fact]
    public void Merge_OfEqualSources_IsTheLargestDirectionsOfOne()
    {
        TensorValues values = TaskVectors([20, 30], 1);
        (double[,] u, double[] s, double[,] v) = Svd(Of(values.Sources[0], 20, 30));
        AssertAgree(Diagonal(Columns(u, 10), s[..10], Columns(v, 10)),
            Merge(values with { Sources = [values.Sources[0], values.Sources[0]] }, new TsvOptions()));
    }

    [Fact]
    public void Merge_WithASourceThatLearnedNothing_TakesNoDirectionsFromTheOther()
    {
        TensorValues values = TaskVectors([20, 30], 1);
        (double[,] u, double[] s, double[,] v) = Svd(Of(values.Sources[0], 20, 30));
        AssertAgree(Diagonal(Columns(u, 10), s[..10], Columns(v, 10)),
            Merge(values with { Sources = [values.Sources[0], values.Base] }, new TsvOptions()));
    }

    [Fact]
    public void Merge_OfVectors_IsTheMeanOfTheTaskVectors() =>
        StrategyLaws.AssertNear([11f, 12f], Merge(Some.Group([10, 10], [11, 12], [11, 12]), new TsvOptions()), 1e-6f);

    [Theory]
    [InlineData(TensorRole.Embedding)]
    [InlineData(TensorRole.Head)]
    public void Merge_OfEmbeddings_IsElementwiseUnlessAsked(TensorRole role)
    {
        TensorValues values = Some.Group([20, 30], sources: 2);
        Assert.IsAssignableFrom<ElementwiseTreatment>(Treat(new TsvOptions()));
        Assert.IsAssignableFrom<WholeTensorTreatment>(Treat(new TsvOptions { Embeddings = true }));

        Treatment Treat(TsvOptions options) => ((IMergeStrategy)Strategy).Merge(new TensorGroup
        {
            Output = values.Output,
            Role = role,
            Layer = null,
            LayerCount = 1,
            Base = values.Output,
            Sources = [.. values.Sources.Select(_ => (values.Output, (object)options))],
            Options = options,
        });
    }

    [Fact]
    public void Merge_WithWeights_ScalesTaskVectors()
    {
        TensorValues values = TaskVectors([20, 30], 2);
        TensorValues weighted = values with { SourceOptions = [new TsvOptions { Weight = 2 }, new TsvOptions { Weight = 0.5 }] };
        TensorValues scaled = values with
        {
            Sources = [[.. values.Sources[0].Select(x => 2 * x)], [.. values.Sources[1].Select(x => x / 2)]]
        };
        Assert.Equal(Merge(scaled, new TsvOptions()), Merge(weighted, new TsvOptions()));
    }
}

public sealed class IsoStrategyTests : MatrixLaws<IsoStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] u, double[] s, double[,] v) = Svd(Sum(taskVectors));
        return Diagonal(u, [.. s.Select(_ => s.Average())], v);
    }

    // Of a sum of rank 2 two directions are left, both as long as their mean.
    [Fact]
    public void Merge_OfLowRank_KeepsTheRank()
    {
        double[,] a = Make(20, 30, (row, column) => Math.Sin(row) * Math.Cos(column));
        double[,] b = Make(20, 30, (row, column) => 0.3 * row * ((column % 3) - 1) / 20);
        TensorValues values = new([20, 30], new float[600],
            [[.. a.Cast<double>().Select(x => (float)x)], [.. b.Cast<double>().Select(x => (float)x)]]);
        float[] merged = Merge(values, new IsoOptions());
        double[] s = Svd(Of(merged, 20, 30)).S;
        Assert.Equal(s[0], s[1], 1e-5);
        Assert.All(s.Skip(2), value => Assert.InRange(value, 0, 1e-5 * s[0]));
    }
}

public sealed class IsoCtsStrategyTests : MatrixLaws<IsoCtsStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        int r = Math.Min(taskVectors[0].GetLength(0), taskVectors[0].GetLength(1));
        int n = (int)Math.Round((r - Math.Floor(0.8 * r)) / taskVectors.Count);
        int common = r - (n * taskVectors.Count);
        (double[,] u, double[] s, double[,] v) = Svd(Sum(taskVectors));
        double[,] u0 = Columns(u, common);
        (double[,] U, double[] S, double[,] V)[] own = [.. taskVectors.Select(taskVector =>
            Svd(Add(taskVector, Product(u0, Product(T(u0), taskVector)), -1)))];
        double mean = s.Take(common).Concat(own.SelectMany(part => part.S.Take(n))).Average();
        double[,] left = Polar(Beside([u0, .. own.Select(part => Columns(part.U, n))]));
        double[,] right = Polar(Beside([Columns(v, common), .. own.Select(part => Columns(part.V, n))]));
        return Scale(Product(left, T(right)), mean);
    }

    [Fact]
    public void Merge_WithCommonDirectionsOnly_IsThatOfIsoC()
    {
        TensorValues values = TaskVectors([20, 30], 2);
        Assert.Equal(new IsoStrategyTests().Formula([.. values.Sources.Select(source => Of(source, 20, 30))]).Cast<double>(),
            Merge(values, new IsoCtsOptions { CommonSpace = 1 }).Select(x => (double)x), (x, y) => Math.Abs(x - y) < 1e-6);
    }
}

public sealed class BoostingStrategyTests : MatrixLaws<BoostingStrategy>
{
    protected override object ValidOptions => new BoostingOptions { Beta = 0.3 };

    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] u, double[] s, double[,] v) = Svd(Sum(taskVectors));
        int k = Enumerable.Range(0, s.Length).First(i => s.Take(i + 1).Sum() >= 0.3 * s.Sum());
        return Diagonal(u, [.. s.Select(value => Math.Max(value, s[k]))], v);
    }

    [Fact]
    public void Merge_AtBetaOne_IsTheSum()
    {
        TensorValues values = TaskVectors([20, 30], 2);
        AssertAgree(Sum(values.Sources.Select(source => Of(source, 20, 30))), Merge(values, new BoostingOptions { Beta = 1 }));
    }
}

public sealed class SvcStrategyTests : MatrixLaws<SvcStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] u, double[] s, double[,] v) = Svd(Sum(taskVectors));
        double[][] shares = [.. taskVectors.Select(taskVector => Product(T(u), taskVector)).Select(own => s.Select((value, r) =>
        {
            double[] row = [.. Enumerable.Range(0, own.GetLength(1)).Select(column => own[r, column])];
            return Math.Max(1, row.Select((x, column) => x * value * v[column, r]).Sum() / row.Sum(x => x * x));
        }).ToArray())];
        return Diagonal(u, [.. s.Select((value, r) => value * taskVectors.Count / shares.Sum(share => share[r]))], v);
    }

    [Fact]
    public void Merge_OfEqualSources_IsOneOfThem()
    {
        TensorValues values = TaskVectors([20, 30], 1);
        AssertAgree(Of(values.Sources[0], 20, 30),
            Merge(values with { Sources = [values.Sources[0], values.Sources[0], values.Sources[0]] }, new SvcOptions()));
    }

    [Fact]
    public void Merge_AtAlphaOne_MakesNoDirectionLonger()
    {
        TensorValues values = TaskVectors([20, 30], 3);
        double[] before = Svd(Sum(values.Sources.Select(source => Of(source, 20, 30)))).S;
        double[] after = Svd(Of(Merge(values, new SvcOptions()), 20, 30)).S;
        Assert.All(before.Zip(after), pair => Assert.True(pair.Second <= pair.First * (1 + 1e-6)));
    }
}

public sealed class StarStrategyTests : MatrixLaws<StarStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors) => Scale(Sum(taskVectors.Select(taskVector =>
    {
        (double[,] u, double[] s, double[,] v) = Svd(taskVector);
        int kept = 1 + Enumerable.Range(0, s.Length).First(i => s.Take(i + 1).Sum() >= 0.4 * s.Sum());
        return Diagonal(u, [.. s.Select((value, i) => i < kept ? value * s.Sum() / s.Take(kept).Sum() : 0)], v);
    })), 1.0 / taskVectors.Count);

    [Fact]
    public void Merge_AtEtaOne_IsTheMean()
    {
        TensorValues values = TaskVectors([20, 30], 2);
        AssertAgree(Scale(Sum(values.Sources.Select(source => Of(source, 20, 30))), 0.5), Merge(values, new StarOptions { Eta = 1 }));
    }
}

public sealed class KnotsTiesStrategyTests : MatrixLaws<KnotsTiesStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> taskVectors)
    {
        (double[,] u, _, _) = Svd(Beside(taskVectors));
        List<double[,]> aligned = [.. taskVectors.Select(taskVector => Trim(Product(T(u), taskVector)))];
        return Product(u, Make(u.GetLength(1), taskVectors[0].GetLength(1), (row, column) =>
        {
            double total = aligned.Sum(a => a[row, column]);
            double[] agreeing = [.. aligned.Select(a => a[row, column]).Where(x => x != 0 && x > 0 == total >= 0)];
            return agreeing.Length == 0 ? 0 : agreeing.Average();
        }));
    }

    private static double[,] Trim(double[,] a)
    {
        double threshold = a.Cast<double>().Select(Math.Abs).OrderDescending().ElementAt((int)(0.2 * a.Length) - 1);
        return Make(a.GetLength(0), a.GetLength(1), (row, column) => Math.Abs(a[row, column]) >= threshold ? a[row, column] : 0);
    }

    [Fact]
    public void Merge_OfOneSourceAtDensityOne_IsThatSource()
    {
        TensorValues values = TaskVectors([20, 30], 1);
        AssertAgree(Of(values.Sources[0], 20, 30), Merge(values, new KnotsOptions { Density = 1 }));
    }
}

public sealed class CartStrategyTests : MatrixLaws<CartStrategy>
{
    internal override double[,] Formula(IReadOnlyList<double[,]> models)
    {
        double[,] mean = Scale(Sum(models), 1.0 / models.Count);
        int k = Math.Max(1, (int)Math.Ceiling(0.04 * Math.Min(mean.GetLength(0), mean.GetLength(1))));
        return Sum(models.Select(model =>
        {
            (double[,] u, double[] s, double[,] v) = Svd(Add(model, mean, -1));
            return Diagonal(Columns(u, k), s[..k], Columns(v, k));
        }).Prepend(mean));
    }

    // Differences from the mean sum to zero.
    [Fact]
    public void Merge_OfAllDirections_IsTheMean()
    {
        TensorValues values = Some.Group([20, 30], sources: 3);
        AssertAgree(Scale(Sum(values.Sources.Select(source => Of(source, 20, 30))), 1.0 / 3), Merge(values, new CartOptions { Rank = 1 }));
    }
}
