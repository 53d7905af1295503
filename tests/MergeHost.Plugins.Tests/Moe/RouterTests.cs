using MergeHost.Builders;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Algebra;
using MergeHost.Kernels.DTypes;
using MergeHost.Plugins.Moe;
using MergeHost.Plugins.Moe.Routing;
using MergeHost.Plugins.Safetensors;

namespace MergeHost.Plugins.Tests.Moe;

/// <summary>Routers from embeddings, and the discriminants of <c>true_input</c>.</summary>
public sealed class RouterTests
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "fixtures", "moe");

    [Fact]
    public void Make_FromEmbeddings_IsThatOfFloat64()
    {
        using ICheckpointReader checkpoint = new SafetensorsFormat().Open(Path.Combine(_folder, "base"));
        using ICheckpointReader expected = new SafetensorsFormat().Open(Path.Combine(_folder, "gates", "cheap_embed_negative.safetensors"));
        ExpertOptions[] experts =
        [
            Expert(["count 12 boats and add 30", "how many letters are in 3 trains?"], "The quiet river"),
            Expert(["def total(items):\n    return sum(items)", "for (int i = 0; i < n; i++)"], "It's early.", "count 12"),
            Expert(["Why does the market never end?", "The quiet river carries the boat."]),
        ];
        Router router = new(GateMode.CheapEmbed, new DenseModel("base", checkpoint, null), experts, seed: 0);
        MadeTensors made =
            new([], Read, _ => throw new NotSupportedException()) { Algebra = new ManagedLinearAlgebra(threads: 1), Device = default };
        float[][][] rows = router.Make(made, _ => "");
        TensorInfo exact = expected.Tensors.First(tensor => tensor.Name.StartsWith("exact.", StringComparison.Ordinal));
        float[] values = new float[exact.ElementCount];
        expected.ReadSingle(exact, 0, values);
        Assert.All(values.Zip(rows[0].SelectMany(row => row)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

        float[] Read(BlueprintSource source, long first, long count)
        {
            float[] run = new float[count];
            checkpoint.ReadSingle(checkpoint.Tensors.Single(tensor => tensor.Name == source.Tensor), first, run);
            return run;
        }
    }

    [Theory]
    [InlineData(40, 8)]
    [InlineData(12, 64)]
    public void Rows_OfDiscriminants_TellClassesApartThatLieNearEachOther(int members, int width)
    {
        System.Random random = new(3);
        const int classes = 4;
        float[][] centres = [.. Enumerable.Range(0, classes).Select(_ => Vector(1))];
        float[] middle = Vector(10);
        Discriminant discriminant = new(classes, width);
        for (int i = 0; i < classes * members; i++)
        {
            discriminant.Add(i % classes, Member(i % classes));
        }

        float[][] rows = discriminant.Rows();
        int right = Enumerable.Range(0, 400).Count(i => Best(rows, Member(i % classes)) == i % classes);
        int byMeans = Enumerable.Range(0, 400)
            .Count(i => Best([.. centres.Select(centre => centre.Zip(middle, (one, other) => one + other).ToArray())],
                Member(i % classes)) == i % classes);
        Assert.InRange(right, 340, 400);
        Assert.True(right > byMeans);

        float[] Member(int index) =>
            [.. centres[index].Zip(middle, Vector(0.4f)).Select(parts => parts.First + parts.Second + parts.Third)];
        float[] Vector(float scale) => [.. Enumerable.Range(0, width).Select(_ => scale * ((random.NextSingle() * 2) - 1))];
    }

    // Parts 0 and 5 are of one fold: the rows that they are tried with are made of parts 1 and 6.
    [Fact]
    public void Try_OfPartsOfClasses_TriesEachByRowsOfTheOthers()
    {
        Discriminant discriminant = new(2, 3);
        foreach ((int member, float sign) in new[] { (0, 1f), (1, -1f) })
        {
            foreach (int part in new[] { 0, 1, 5, 6 })
            {
                discriminant.Add(member, [sign, 0.1f * part, 3], part);
            }
        }

        discriminant.Add(1, [1, 0, 3], part: 5);
        Assert.Equal([(1, 1), (1, 1), (1, 1), (1, 2)], discriminant.Try().Take(4));
        Assert.Equal(9, discriminant.Try().Sum(part => part.All));
    }

    [Fact]
    public void Try_OfClassesOfOnePart_HasNothingToTry()
    {
        Discriminant discriminant = new(2, 1);
        discriminant.Add(0, [1]);
        discriminant.Add(1, [-1]);
        Assert.Empty(discriminant.Try());
        Assert.Null(RoutingAccuracy.Of([]));
    }

    // R's prop.test(25, 30, correct = FALSE) has 0.6644 to 0.9266; parts that scatter more count as fewer tokens.
    [Fact]
    public void Of_PartsOfTokens_HasWilsonsIntervalOfAsManyAsScatterSo()
    {
        RoutingAccuracy alike = RoutingAccuracy.Of([.. Enumerable.Repeat((1, 1), 25), .. Enumerable.Repeat((0, 1), 5)])!;
        Assert.Equal((25 / 30.0, 30), (alike.Share, alike.Tokens));
        Assert.Equal((0.6644, 0.9266), (Math.Round(alike.Low, 4), Math.Round(alike.High, 4)));
        RoutingAccuracy apart = RoutingAccuracy.Of([(10, 10), (10, 10), (5, 10)])!;
        Assert.True(apart.Low < alike.Low - 0.1);
        RoutingAccuracy all = RoutingAccuracy.Of([(40, 40), (40, 40)])!;
        Assert.Equal((1, 0.3424, 1), (all.Share, Math.Round(all.Low, 4), Math.Round(all.High, 9)));
    }

    [Theory]
    [InlineData(3, 7)]
    [InlineData(9, 4)]
    public void Solve_OfFewOrManyRows_SolvesTheRidgeRegression(int rows, int width)
    {
        System.Random random = new(1);
        double[][] x = [.. Enumerable.Range(0, rows)
            .Select(_ => Enumerable.Range(0, width).Select(_ => random.NextDouble() - 0.5).ToArray())];
        double[] v = [.. Enumerable.Range(0, width).Select(_ => random.NextDouble())];
        double[] w = new RidgeSolver(x, 0.3).Solve(v);
        for (int i = 0; i < width; i++)
        {
            double sum = 0.3 * w[i];
            foreach (double[] row in x)
            {
                sum += row[i] * row.Zip(w, (a, b) => a * b).Sum() / rows;
            }

            Assert.Equal(v[i], sum, 1e-9);
        }
    }

    private static int Best(float[][] rows, float[] vector) =>
        rows.Index().MaxBy(row => row.Item.Zip(vector, (a, b) => (double)a * b).Sum()).Index;

    private static ExpertOptions Expert(string[] positive, params string[] negative) =>
        new() { SourceModel = "base", PositivePrompts = positive, NegativePrompts = negative };
}
