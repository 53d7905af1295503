using MergeHost.Evaluation.Prediction;
using MergeHost.Kernels.Algebra;
using MergeHost.Models;
using MergeHost.Testing;
using MergeHost.Tests.Planning;

namespace MergeHost.Tests.Evaluation.Prediction;

/// <summary>What weights tell of a merge, by hand on matrices of four directions.</summary>
public sealed class WeightFactsTests : IDisposable
{
    private const string Name = "model.layers.0.self_attn.q_proj.weight";

    private readonly RecipeFolder _folder = new();

    [Fact]
    public void Of_TwoExpertsThatShareOneDirectionAgainstEachOther_IsWhatCanBeCountedByHand()
    {
        // τ of a is 2 in the first place of the diagonal and 1 in the second, τ of b 2 in the
        // third and −1 in the second; the base is 4 long.
        Add("base", 0, 0, 0).Add("a", 2, 1, 0).Add("b", 0, -1, 2).Add("merge", 1, 0, 1);
        Dictionary<string, double> features = Features("base", "a", "b", "merge");
        double norm = Math.Sqrt(5);
        Equal(new()
        {
            [FeatureNames.Experts] = 2,
            [FeatureNames.Change] = norm / 4,
            [FeatureNames.Imbalance] = 1,
            [FeatureNames.Cosine] = -1 / 5.0,
            [FeatureNames.Conflict] = 1,
            [FeatureNames.Overlap] = 1 / 2.0,
            [FeatureNames.Subspace] = 1 / 2.0,
            [FeatureNames.StableRank] = 5 / 4.0,
            [FeatureNames.Step] = Math.Sqrt(2) / norm,
            [FeatureNames.KeptLeast] = 2 / 5.0,
        }, features);
    }

    [Fact]
    public void Of_ExpertsOnOneLine_HaveNothingApartAndTheLengthsThatTheyHave()
    {
        Add("base", 0, 0, 0).Add("a", 1, 1, 0).Add("b", 3, 3, 0).Add("merge", 1, 1, 0);
        Dictionary<string, double> features = Features("base", "a", "b", "merge");
        Assert.Equal((1, 0, 1, 1),
            (features[FeatureNames.Cosine], features[FeatureNames.Conflict], features[FeatureNames.Overlap],
                Math.Round(features[FeatureNames.Subspace], 5)));
        Assert.Equal(3, features[FeatureNames.Imbalance], 1e-6);
        Assert.Equal(1 / 3.0, features[FeatureNames.KeptLeast], 1e-6);
        Assert.Equal(2, features[FeatureNames.StableRank], 1e-5);
    }

    [Fact]
    public void Of_ThreeExperts_LooksAtThoseThatAreMergedAlone()
    {
        Add("base", 0, 0, 0).Add("a", 2, 1, 0).Add("c", 7, -7, 7).Add("b", 0, -1, 2).Add("merge", 1, 0, 1);
        Equal(Features("base", "a", "b", "merge"), Features(["base", "a", "c", "b"], [0, 2], "merge"));
    }

    [Fact]
    public void Of_LeadingSpaces_AreThoseOfTheWholeDecomposition()
    {
        ManagedLinearAlgebra algebra = new();
        Random random = new(3);
        Algebra.Matrix<float> change = new(40, 60);
        foreach (ref float value in change.Elements.Span)
        {
            value = random.NextSingle() - 0.5f;
        }

        // Eight strong directions, so that there is no doubt about which they are.
        Algebra.SingularValueDecomposition all = algebra.Decompose(change);
        Algebra.Matrix<float> strong = new(40, 60);
        for (int row = 0; row < 40; row++)
        {
            for (int column = 0; column < 60; column++)
            {
                strong[row, column] = change[row, column] + Enumerable.Range(0, 8).Sum(k => (20 - k) * all.U[row, k] * all.V[column, k]);
            }
        }

        LeadingSpace space = LeadingSpace.Of(strong, algebra)!;
        LeadingSpace whole = new(First(all.U, 8), First(all.V, 8), 0);
        Assert.Equal(1, space.SharedWith(whole, algebra), 1e-4);
        Assert.Null(LeadingSpace.Of(new Algebra.Matrix<float>(3, 3), algebra));
    }

    [Fact]
    public void Read_OfTheMean_IsTheMeanOfWhatModelsHold()
    {
        Add("a", 2, 1, 0).Add("b", 0, -1, 2);
        using ModelResolver models = RecipeFolder.Models();
        using MeanCheckpoint mean = new([models.Open(_folder["a"]), models.Open(_folder["b"])]);
        byte[] bytes = new byte[16 * sizeof(float)];
        mean.Read(Assert.Single(mean.Tensors), 0, bytes);
        Assert.Equal(Values(1, 0, 1), System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray());
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Values(float first, float second, float third)
    {
        float[] values = [.. Enumerable.Repeat(1f, 16)];
        (values[0], values[5], values[10]) = (values[0] + first, values[5] + second, values[10] + third);
        return values;
    }

    private static Algebra.Matrix<float> First(Algebra.Matrix<float> matrix, int columns)
    {
        Algebra.Matrix<float> first = new(matrix.Rows, columns);
        for (int row = 0; row < matrix.Rows; row++)
        {
            matrix.Row(row)[..columns].CopyTo(first.Row(row));
        }

        return first;
    }

    private static void Equal(Dictionary<string, double> expected, Dictionary<string, double> found)
    {
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        Assert.All(expected,
            feature => Assert.True(Math.Abs(feature.Value - found[feature.Key]) < 1e-5,
                $"{feature.Key} is {found[feature.Key]}, expected {feature.Value}"));
    }

    private WeightFactsTests Add(string name, float first, float second, float third)
    {
        _folder.Add(name, new TinyCheckpoint().Add(Name, DType.F32, [4, 4], Values(first, second, third)).AddFile("config.json", "{}"));
        return this;
    }

    private Dictionary<string, double> Features(string @base, string a, string b, string merge) => Features([@base, a, b], [0, 1], merge);

    private Dictionary<string, double> Features(string[] names, int[] merged, string merge)
    {
        using ModelResolver models = RecipeFolder.Models();
        InputModel[] opened = [.. names.Select(name => models.Open(_folder[name]))];
        WeightFacts facts = new(opened[0], opened[1..], new MergeOptions(), default);
        return facts.Of(merged, models.Open(_folder[merge]).Open(), new MergeOptions(), default);
    }
}
