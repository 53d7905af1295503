using MergeHost.Kernels.Vectors;

namespace MergeHost.Tests.Running;

public sealed class DeterminismTests : IDisposable
{
    private readonly MergeBed _bed = new();

    public static TheoryData<string, string, string> Strategies => new()
    {
        { "linear", "", "weight: 0.5" },
        { "task_arithmetic", "lambda: 0.7", "weight: 0.5" },
        { "ties", "rescale: true", "weight: 0.5, density: 0.3" },
        { "ties", "trim_scope: model", "weight: 0.5, density: 0.3" },
        { "dare_linear", "", "weight: 0.5, density: 0.4" },
        { "dare_ties", "", "weight: 0.5, density: 0.4" },
        { "della", "", "weight: 0.5, density: 0.4" },
        { "breadcrumbs_ties", "rescale: true", "weight: 0.5, density: 0.4, gamma: 0.05" },
        { "sce", "select_topk: 0.3", "" },
        { "nuslerp", "nuslerp_flatten: false", "weight: 0.5" },
        { "nuslerp", "nuslerp_flatten: false, nuslerp_row_wise: true", "weight: 0.5" },
        { "multislerp", "", "weight: 0.5" },
        { "karcher", "", "" },
        { "model_stock", "filter_wise: true", "" },
        { "ramplus_tl", "", "" },
    };

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Merge_WithAnyThreadsBlocksLanesAndMemory_GivesTheSameBits(string method, string parameters, string perModel)
    {
        string recipe = MergeBed.Recipe(method, parameters, perModel);
        MergeOptions plain = new() { Seed = 3, Threads = 1, BlockElements = 1 << 16, Lanes = LaneWidth.Scalar };
        IReadOnlyList<string> expected = MergeBed.Digests(_bed.Merge(recipe, "plain", plain));
        MergeOptions[] others =
        [
            plain with { Threads = 2, BlockElements = 1 << 17, Lanes = LaneWidth.Bits128 },
            plain with { Threads = 7, BlockElements = 1 << 18, Lanes = LaneWidth.Bits256 },
            plain with { Threads = 2, BlockElements = 1 << 16, Lanes = LaneWidth.Bits512 },
            plain with { Threads = 2, MemoryBytes = 128L << 20, Lanes = LaneWidth.Bits512 },
            plain with { Threads = 3, MemoryBytes = 96L << 20, ShardSizeBytes = 1_000_000, Lanes = LaneWidth.Bits512 },
        ];
        foreach ((int index, MergeOptions options) in others.Index())
        {
            Assert.Equal(expected, MergeBed.Digests(_bed.Merge(recipe, $"other{index}", options)));
        }
    }

    [Theory]
    [InlineData("dare_ties", "weight: 0.5, density: 0.4")]
    [InlineData("ties", "weight: 0.5, density: 0.3")]
    public void Merge_IntoAConvertedType_RoundsWhatAMergeIntoFloatGives(string method, string perModel)
    {
        const string tensor = "model.embed_tokens.weight";
        string recipe = MergeBed.Recipe(method, "", perModel);
        _bed.Merge(recipe + "\ndtype: float32", "float");
        _bed.Merge(recipe + "\ndtype: float16", "half");
        (TensorInfo info, float[] half) = MergeBed.Read(_bed["half"], tensor);
        Assert.Equal(DType.F16, info.DType);
        Assert.Equal(MergeBed.Read(_bed["float"], tensor).Values.Select(value => (float)(Half)value), half);
    }

    [Theory]
    [InlineData("slerp", "t: 0.3")]
    [InlineData("nearswap", "t: 0.001")]
    [InlineData("arcee_fusion", "")]
    public void Merge_OfTwoModels_GivesTheSameBitsWithAnyThreads(string method, string parameters)
    {
        string recipe = $"""
            merge_method: {method}
            base_model: {MergeBed.Models}finance
            models: [{"{"}model: {MergeBed.Models}math{"}"}]
            parameters: {"{"}{parameters}{"}"}
            """;
        IReadOnlyList<string> expected = MergeBed.Digests(_bed.Merge(recipe, "one",
            new MergeOptions { Threads = 1, Lanes = LaneWidth.Scalar }));
        Assert.Equal(expected, MergeBed.Digests(_bed.Merge(recipe, "seven", new MergeOptions { Threads = 7, BlockElements = 1 << 16 })));
    }

    [Fact]
    public void Merge_WithAnotherSeed_GivesOtherBits()
    {
        string recipe = MergeBed.Recipe("dare_linear", "", "weight: 0.5, density: 0.4");
        IReadOnlyList<string> first = MergeBed.Digests(_bed.Merge(recipe, "first", new MergeOptions { Seed = 1 }));
        Assert.NotEqual(first, MergeBed.Digests(_bed.Merge(recipe, "second", new MergeOptions { Seed = 2 })));
    }

    [Fact]
    public void Merge_RunTwice_WritesTheSameFilesByteForByte()
    {
        string recipe = MergeBed.Recipe("ties", "", "weight: 0.5, density: 0.3");
        _bed.Merge(recipe, "first");
        Directory.Move(_bed["first"], _bed["kept"]);
        _bed.Merge(recipe, "first");
        string[] names = [.. Directory.EnumerateFiles(_bed["kept"]).Select(path => Path.GetFileName(path))];
        Assert.Contains("mergehost.json", names);
        Assert.All(names,
            name => Assert.Equal(File.ReadAllBytes(Path.Combine(_bed["kept"], name)),
                File.ReadAllBytes(Path.Combine(_bed["first"], name))));
    }

    public void Dispose() => _bed.Dispose();
}
