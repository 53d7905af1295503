namespace MergeHost.Tests.Golden;

/// <summary>DARE draws other numbers than mergekit does, from the same distribution: compared over as many seeds.</summary>
public sealed class GoldenDareTests(GoldenMerges merges) : IClassFixture<GoldenMerges>
{
    internal const string Name = "dare_linear_1";

    // Means over n seeds differ by σ√(2/n): 1.2 % of what is kept, and more than four of that once in ten thousand tries.
    private const double Sigmas = 4;

    private static readonly GoldenCase _golden = GoldenCase.Of(Name);

    public static TheoryData<string> Tensors { get; } = [.. _golden.Tensors!.Keys];

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Merge_OverManySeeds_KeepsAsMuchAsMergekit(string tensor)
    {
        MaskStatistics mergekit = _golden.Tensors![tensor];
        double[] fractions = [.. Masks(tensor).Select(mask => mask.Kept.Average(kept => kept ? 1.0 : 0))];

        Assert.InRange(fractions.Average() - mergekit.NonzeroFractionMean, -Tolerance(mergekit.NonzeroFractionStdOverSeeds),
            Tolerance(mergekit.NonzeroFractionStdOverSeeds));
        Assert.InRange(Deviation(fractions) / mergekit.NonzeroFractionStdOverSeeds, 0.5, 2);
    }

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Merge_WithAnySeed_RestoresTheNormOfTheTaskVector(string tensor) =>
        Assert.All(Masks(tensor), mask => Assert.InRange(mask.After.Sum(Math.Abs) / mask.Before.Sum(Math.Abs), 1 - 2e-6, 1 + 2e-6));

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Merge_WithAnySeed_ScalesAllThatIsKeptAlikeAndAsMergekitDoes(string tensor)
    {
        MaskStatistics mergekit = _golden.Tensors![tensor];
        List<double> scales = [];
        foreach (Mask mask in Masks(tensor))
        {
            // The task vector is read off float32 weights: relative to the largest, it is known to 1e-5.
            double scale = mask.After.Sum(Math.Abs) / mask.Before.Zip(mask.Kept, (before, kept) => kept ? Math.Abs(before) : 0).Sum();
            double largest = mask.Before.Max(Math.Abs);
            Assert.All(
                Enumerable.Range(0, mask.Kept.Length).Where(i => mask.Kept[i]),
                i => Assert.InRange((mask.After[i] - (scale * mask.Before[i])) / largest, -1e-4, 1e-4));
            scales.Add(scale);
        }

        Assert.InRange(scales.Average() - mergekit.KeptScaleMean, -Tolerance(mergekit.KeptScaleStd), Tolerance(mergekit.KeptScaleStd));
    }

    [Theory]
    [MemberData(nameof(Tensors))]
    public void Merge_OverManySeeds_KeepsLargeAndSmallElementsAlike(string tensor)
    {
        List<Mask> masks = [.. Masks(tensor)];
        int[] order = [.. Enumerable.Range(0, masks[0].Before.Length).OrderBy(i => Math.Abs(masks[0].Before[i]))];

        // Ten thousand draws or more a decile: σ is 0.005 or less.
        Assert.All(order.Chunk(order.Length / 10).Take(10), decile =>
            Assert.InRange(masks.Average(mask => decile.Average(i => mask.Kept[i] ? 1.0 : 0)), 0.28, 0.32));
    }

    private static double Tolerance(double deviation) => Sigmas * deviation * Math.Sqrt(2.0 / _golden.Seeds);

    private static double Deviation(double[] values) =>
        Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));

    private IEnumerable<Mask> Masks(string tensor)
    {
        float[] @base = Read("inputs/f32/base");
        double[] before = TaskVector(Read("inputs/f32/e1"));
        for (int seed = 1; seed <= _golden.Seeds; seed++)
        {
            double[] after = TaskVector(Read(merges.Output(Name, seed)));
            yield return new Mask(before, after, [.. after.Select(element => element != 0)]);
        }

        float[] Read(string folder) => SafetensorsFile.Read(Path.Combine(GoldenCase.Folder, folder, "model.safetensors"))[tensor].Values;

        double[] TaskVector(float[] values) => [.. values.Zip(@base, (value, origin) => (double)value - origin)];
    }

    // A task vector before and after the random trim.
    private sealed record Mask(double[] Before, double[] After, bool[] Kept);
}
