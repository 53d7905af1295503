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
        MadeTensors made = new([], Read, _ => throw new NotSupportedException()) { Algebra = new ManagedLinearAlgebra(threads: 1), Device = default };
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
        int byMeans = Enumerable.Range(0, 400).Count(i => Best([.. centres.Select(centre => centre.Zip(middle, (one, other) => one + other).ToArray())], Member(i % classes)) == i % classes);
        Assert.InRange(right, 340, 400);
        Assert.True(right > byMeans);

        float[] Member(int index) => [.. centres[index].Zip(middle, Vector(0.4f)).Select(parts => parts.First + parts.Second + parts.Third)];
        float[] Vector(float scale) => [.. Enumerable.Range(0, width).Select(_ => scale * ((random.NextSingle() * 2) - 1))];
    }

    [Theory]
    [InlineData(3, 7)]
    [InlineData(9, 4)]
    public void Solve_OfFewOrManyRows_SolvesTheRidgeRegression(int rows, int width)
    {
        System.Random random = new(1);
        double[][] x = [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, width).Select(_ => random.NextDouble() - 0.5).ToArray())];
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

    private static int Best(float[][] rows, float[] vector) => rows.Index().MaxBy(row => row.Item.Zip(vector, (a, b) => (double)a * b).Sum()).Index;

    private static ExpertOptions Expert(string[] positive, params string[] negative) => new() { SourceModel = "base", PositivePrompts = positive, NegativePrompts = negative };
}
