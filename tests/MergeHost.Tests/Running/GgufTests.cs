namespace MergeHost.Tests.Running;

/// <summary>Merges from and into GGUF, through the whole of the host.</summary>
public sealed class GgufTests : IDisposable
{
    private const string Query = "model.layers.1.self_attn.q_proj.weight";
    private const string Norm = "model.layers.1.input_layernorm.weight";

    private readonly MergeBed _bed = new();

    [Fact]
    public void Convert_ToGgufAndBack_KeepsEveryBit()
    {
        MergeManifest there = Convert(MergeBed.Models + "base", "gguf", "gguf");
        MergeManifest back = Convert(_bed["gguf/model.gguf"], "back", "safetensors");
        Assert.Equal(there.Tensors.Count, back.Tensors.Count);
        foreach (string name in there.Tensors.Select(tensor => tensor.Name))
        {
            (TensorInfo before, float[] expected) = MergeBed.Read(MergeBed.Models + "base", name);
            (TensorInfo stored, float[] inGguf) = MergeBed.Read(_bed["gguf"], name, "gguf");
            (TensorInfo after, float[] values) = MergeBed.Read(_bed["back"], name);

            // Vectors are F32 in GGUF, which holds every BF16.
            Assert.Equal(before.Shape.Rank < 2 ? DType.F32 : before.DType, stored.DType);
            Assert.Equal((stored.DType, before.Shape), (after.DType, after.Shape));
            Assert.Equal(expected, inGguf);
            Assert.Equal(expected, values);
        }

        Assert.Empty(_bed.Engine.Verify(_bed["gguf"]));
    }

    [Fact]
    public void Convert_OfAQuantisedFile_CopiesItsBytes()
    {
        MergeManifest first = Convert(MergeBed.Models + "base", "q5", "gguf", "q5_1");
        MergeManifest again = Convert(_bed["q5"], "again", "gguf");
        Assert.Equal(MergeBed.Digests(first), MergeBed.Digests(again));
        Assert.Equal(File.ReadAllBytes(_bed["q5/model.gguf"]), File.ReadAllBytes(_bed["again/model.gguf"]));
    }

    [Theory]
    [InlineData("q8_0", 0.01)]
    [InlineData("q5_0", 0.06)]
    [InlineData("q4_0", 0.12)]
    public void Convert_ToAQuantisedType_StaysWithinItsStep(string type, double most)
    {
        Convert(MergeBed.Models + "base", type, "gguf", type);
        float[] exact = MergeBed.Read(MergeBed.Models + "base", Query).Values;
        (TensorInfo info, float[] values) = MergeBed.Read(_bed[type], Query, "gguf");
        Assert.Equal(type.ToUpperInvariant(), info.DType.Name);
        Assert.InRange(RelativeError(exact, values), 1e-4, most);
    }

    [Fact]
    public void Merge_OfAGgufFileAndAFolder_IsThatOfTwoFolders()
    {
        Convert(MergeBed.Models + "finance", "finance", "gguf");
        const string rest = "parameters: {weight: 0.5}";
        string Recipe(string finance) => $"merge_method: linear\nmodels:\n- model: {finance}\n  {rest}\n- model: {MergeBed.Models}math\n  {rest}\ndtype: float32\n";
        MergeManifest mixed = _bed.Merge(Recipe(_bed["finance/model.gguf"]), "mixed");
        MergeManifest plain = _bed.Merge(Recipe(MergeBed.Models + "finance"), "plain");
        Assert.Equal(MergeBed.Digests(plain).Order(StringComparer.Ordinal), MergeBed.Digests(mixed).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Merge_IntoAQuantisedType_IsTheMergeThatIsQuantisedAfterwards()
    {
        const string recipe = "merge_method: linear\nmodels:\n- model: {0}finance\n  parameters: {{weight: 0.5}}\n- model: {0}math\n  parameters: {{weight: 0.5}}\n";
        string text = string.Format(System.Globalization.CultureInfo.InvariantCulture, recipe, MergeBed.Models);
        MergeManifest direct = _bed.Merge(text + "dtype: float32\nout_format: gguf\nout_type: q8_0\n", "direct");
        _bed.Merge(text + "dtype: float32\n", "float");
        MergeManifest later = Convert(_bed["float"], "later", "gguf", "q8_0");
        Assert.Equal(MergeBed.Digests(later).Order(StringComparer.Ordinal), MergeBed.Digests(direct).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Merge_OfQuantisedFiles_KeepsTheTypesOfTheBase()
    {
        foreach (string model in (string[])["base", "finance", "math"])
        {
            Convert(MergeBed.Models + model, model, "gguf", "q8_0");
        }

        string recipe = $"merge_method: task_arithmetic\nbase_model: {_bed["base"]}\nmodels:\n- model: {_bed["finance"]}\n  parameters: {{weight: 0.5}}\n- model: {_bed["math"]}\n  parameters: {{weight: 0.5}}\nout_format: gguf\n";
        _bed.Merge(recipe, "merged");
        Assert.Equal("Q8_0", MergeBed.Read(_bed["merged"], Query, "gguf").Info.DType.Name);
        Assert.Equal(DType.F32, MergeBed.Read(_bed["merged"], Norm, "gguf").Info.DType);
    }

    [Fact]
    public void Merge_IntoAFormatOrTypeThatIsNotThere_NamesThePlaceInTheRecipe()
    {
        string recipe = $"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}base}}]\n";
        Problem format = MergeBed.Fails(() => _bed.Merge(recipe + "out_format: ggml\n", "out"));
        Assert.Contains("'ggml'", format.Message, StringComparison.Ordinal);
        Problem type = MergeBed.Fails(() => _bed.Merge(recipe + "out_format: gguf\nout_type: q9_z\n", "out"));
        Assert.Equal(ErrorCodes.DTypeUnusable, type.Code);
        Assert.Equal(4, type.Place!.Line);
        Assert.Contains("q8_0", type.Hint, StringComparison.Ordinal);
    }

    public void Dispose() => _bed.Dispose();

    private MergeManifest Convert(string input, string output, string format, string? type = null) =>
        _bed.Engine.Convert(input, _bed[output], format, type, importance: null, new MergeOptions { BlockElements = 1 << 16 });

    private static double RelativeError(float[] exact, float[] values)
    {
        double error = exact.Zip(values, (a, b) => (double)(a - b) * (a - b)).Sum();
        return Math.Sqrt(error / exact.Sum(value => (double)value * value));
    }
}
