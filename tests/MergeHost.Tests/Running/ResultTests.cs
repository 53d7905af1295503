using MergeHost.Reports;

namespace MergeHost.Tests.Running;

/// <summary>What merges give on real trained models, calculated here once more in the plainest way.</summary>
public sealed class ResultTests : IDisposable
{
    private readonly MergeBed _bed = new();

    [Fact]
    public void Merge_ByPassthrough_CopiesEveryByte()
    {
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}finance}}]", "out");
        Assert.Equal(File.ReadAllBytes(MergeBed.Models + "finance/model.safetensors"),
            File.ReadAllBytes(Path.Combine(_bed["out"], "model.safetensors")));
    }

    [Theory]
    [InlineData("float32", "F32")]
    [InlineData("float16", "F16")]
    [InlineData("float64", "F64")]
    public void Merge_IntoAnotherDType_KeepsWhatItCanHold(string dtype, string stored)
    {
        _bed.Merge($"merge_method: passthrough\nmodels: [{{model: {MergeBed.Models}finance}}]\ndtype: {dtype}", "out");
        const string name = "model.layers.1.mlp.up_proj.weight";
        (TensorInfo info, float[] values) = MergeBed.Read(_bed["out"], name);
        Assert.Equal(stored, info.DType.Name);
        float[] expected = MergeBed.Read(MergeBed.Models + "finance", name).Values;
        Assert.All(expected.Zip(values), pair => Assert.Equal(dtype == "float16" ? (float)(Half)pair.First : pair.First, pair.Second));
    }

    [Fact]
    public void Merge_ByTiesOverTheModel_TrimsByOneThresholdForAllTensors()
    {
        const double density = 0.2;
        MergeManifest manifest = _bed.Merge(MergeBed.Recipe("ties", "trim_scope: model",
            $"weight: 1, density: {density}") + "\ndtype: float32", "out");

        // The paper's trim: the largest of all elements of all tensors, in the order of their names; of equal ones the first.
        string[] names = [.. manifest.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal)];
        float[] @base = All(MergeBed.Models + "base", names);
        float[][] trimmed = [.. new[] { "finance", "math" }.Select(model => Trim(All(MergeBed.Models + model, names), @base, density))];
        float[] merged = All(_bed["out"], names);
        for (int i = 0; i < merged.Length; i++)
        {
            float total = trimmed[0][i] + trimmed[1][i];
            float[] agreeing = [.. trimmed.Select(taskVector => taskVector[i]).Where(value => total >= 0 ? value > 0 : value < 0)];
            Assert.Equal(@base[i] + (agreeing.Length == 0 ? 0 : agreeing.Sum() / agreeing.Length), merged[i], 1e-6f);
        }
    }

    [Fact]
    public void Merge_WhenAnInputHoldsNaN_WarnsOfTheTensor()
    {
        string recipe = MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.5")
            .Replace($"{MergeBed.Models}finance", WithNaN(fromEnd: 1), StringComparison.Ordinal);

        MergeManifest manifest = _bed.Merge(recipe, "out");

        string warning = Assert.Single(manifest.Warnings, warning => warning.Contains("MH4004", StringComparison.Ordinal));
        Assert.Contains("has 1 values that are NaN or infinite", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merge_method: tsv_m\nmodels: [{model: COPY}]")]
    [InlineData("build: {extract: {tuned: COPY, rank: 4}}")]
    public void Merge_OfMatricesWithNaN_NamesTheModelAndNotThePlugin(string recipe)
    {
        string copy = WithNaN(fromEnd: 257);

        MergeHostException exception = Assert.ThrowsAny<MergeHostException>(() => _bed.Merge(
            $"base_model: {MergeBed.Models}base\n{recipe.Replace("COPY", copy, StringComparison.Ordinal)}\n", "out"));

        Assert.Equal(ErrorCodes.NonFinite, exception.Code);
        Assert.Contains($"' of '{copy}': ", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("plugin", exception.Message, StringComparison.Ordinal);
    }

    // The final norm, of 256 numbers, is the last tensor of the file; before it lies a matrix.
    private string WithNaN(int fromEnd)
    {
        string copy = _bed["copy"];
        Directory.CreateDirectory(copy);
        byte[] bytes = File.ReadAllBytes(MergeBed.Models + "finance/model.safetensors");
        (bytes[^(2 * fromEnd)], bytes[^((2 * fromEnd) - 1)]) = (0xC0, 0x7F);
        File.WriteAllBytes(Path.Combine(copy, "model.safetensors"), bytes);
        return copy;
    }

    [Fact]
    public void Merge_IntoShards_HoldsTheSameTensorsAsIntoOneFile()
    {
        MergeManifest single = _bed.Merge(MergeBed.Recipe("linear"), "single");
        MergeManifest sharded = _bed.Merge(MergeBed.Recipe("linear"), "sharded", new MergeOptions { ShardSizeBytes = 1_500_000 });
        Assert.Equal(MergeBed.Digests(single), MergeBed.Digests(sharded));
        Assert.True(sharded.Files.Count(file => file.Name.EndsWith(".safetensors", StringComparison.Ordinal)) > 3);
    }

    [Fact]
    public void Merge_NamesInTheManifestWhatWasReadAndWritten()
    {
        MergeManifest manifest = _bed.Merge(MergeBed.Recipe("linear"), "out", new MergeOptions { Seed = 42 });
        Assert.Equal(42, manifest.Seed);
        Assert.Equal(["averaging", "safetensors"], manifest.Plugins.Select(plugin => plugin.Id));
        ManifestStage stage = Assert.Single(manifest.Stages);
        Assert.Equal("linear", stage.Method);
        Assert.Equal(2, stage.Inputs.Count);
        Assert.Equal(stage.Inputs.Count, stage.Inputs.Select(input => input.Digest).Distinct().Count());
        Assert.Equal(
            ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer.model", "tokenizer_config.json"],
            manifest.Files.Select(file => file.Name));
        Assert.All(manifest.Files, file => Assert.Equal(file.Name != "model.safetensors", file.Sha256 is not null));
    }

    public void Dispose() => _bed.Dispose();

    private static float[] Trim(float[] source, float[] @base, double density)
    {
        float[] taskVector = [.. source.Zip(@base, (ours, theirs) => ours - theirs)];
        int[] kept = [.. Enumerable.Range(0, taskVector.Length).OrderByDescending(i => Math.Abs(taskVector[i])).ThenBy(i => i)
            .Take((int)(density * taskVector.Length))];
        float[] trimmed = new float[taskVector.Length];
        Array.ForEach(kept, i => trimmed[i] = taskVector[i]);
        return trimmed;
    }

    private static float[] All(string folder, IEnumerable<string> names) =>
        [.. names.SelectMany(name => MergeBed.Read(folder, name).Values)];
}
