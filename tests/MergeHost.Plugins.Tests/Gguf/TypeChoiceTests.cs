using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf;

namespace MergeHost.Plugins.Tests.Gguf;

public sealed class TypeChoiceTests
{
    private const int Layers = 16;

    // The first and the last eighth, and every third between.
    private static readonly int[] _important = [0, 1, 4, 7, 10, 13, 14, 15];

    [Fact]
    public void ChooseTypes_OfQ4KM_GivesImportantLayersMoreBits()
    {
        Dictionary<string, string> types = Choose("q4_k_m", Model(width: 256));
        Assert.Equal(_important, LayersOf(types, "self_attn.v_proj.weight", "Q6_K"));
        Assert.Equal(_important, LayersOf(types, "mlp.down_proj.weight", "Q6_K"));
        Assert.Equal(Layers, LayersOf(types, "self_attn.q_proj.weight", "Q4_K").Length);
        Assert.Equal("Q6_K", types["model.embed_tokens.weight"]);
        Assert.Equal("F32", types["model.norm.weight"]);
    }

    [Fact]
    public void ChooseTypes_WithAHeadOfItsOwn_LeavesTheEmbeddingAlone()
    {
        Dictionary<string, string> types = Choose("q4_0", [.. Model(width: 256), new("lm_head.weight", DType.BF16, [100, 256])]);
        Assert.Equal(("Q4_0", "Q6_K"), (types["model.embed_tokens.weight"], types["lm_head.weight"]));
    }

    [Theory]
    [InlineData("q4_k_m", "self_attn.v_proj.weight", "Q8_0")]
    [InlineData("q4_k_m", "self_attn.o_proj.weight", "Q5_K")]
    [InlineData("q4_k_m", "block_sparse_moe.experts.7.w2.weight", "Q6_K")]
    [InlineData("q4_k_m", "block_sparse_moe.experts.7.w1.weight", "Q4_K")]
    [InlineData("mxfp4_moe", "block_sparse_moe.experts.7.w1.weight", "MXFP4")]
    [InlineData("mxfp4_moe", "self_attn.v_proj.weight", "Q8_0")]
    [InlineData("q4_k_m", "block_sparse_moe.gate.weight", "F32")]
    public void ChooseTypes_OfEightExperts_GivesWhatIsBesideThemMoreBits(string type, string weight, string expected)
    {
        string[] names = ["self_attn.v_proj.weight", "self_attn.o_proj.weight", "block_sparse_moe.gate.weight",
            .. Enumerable.Range(0, 8)
                .SelectMany(expert => new[] { $"block_sparse_moe.experts.{expert}.w1.weight",
                    $"block_sparse_moe.experts.{expert}.w2.weight" })];
        TensorInfo[] tensors = [.. Enumerable.Range(0, Layers)
            .SelectMany(layer => names.Select(name => new TensorInfo($"model.layers.{layer}.{name}", DType.BF16, [256, 256])))];
        Assert.Equal(expected, Choose(type, tensors)["model.layers.15." + weight]);
    }

    [Theory]
    [InlineData("q4_k_s", 96, "Q5_0")]
    [InlineData("q6_k", 96, "Q8_0")]
    [InlineData("iq4_xs", 96, "IQ4_NL")]
    [InlineData("q3_k_s", 96, "Q4_0")]
    [InlineData("q8_0", 100, "F16")]
    public void ChooseTypes_WhenRowsDoNotFillBlocks_TakesSmallerBlocks(string type, int width, string expected) =>
        Assert.Equal(expected, Choose(type, Model(width))["model.layers.9.self_attn.q_proj.weight"]);

    [Fact]
    public void ChooseTypes_WithoutAType_KeepsWhatFilesCanHold()
    {
        DType q5 = GgufType.All.Single(type => type.Name == "Q5_K");
        Dictionary<string, string> types = Choose(null,
            [new("a.weight", q5, [2, 256]), new("b.weight", DType.F8_E4M3, [2, 256]), new("c.weight", DType.F16, [4])]);
        Assert.Equal(["Q5_K", "BF16", "F32"], types.Values);
    }

    [Fact]
    public void ChooseTypes_OfATypeThatCannotBeWritten_ListsThoseThatCan()
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(() => new GgufFormat().ChooseTypes([], "iq1_s"));
        Assert.Contains("'iq1_s'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("q4_k_m", exception.Problems[0].Hint, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Choose(string? type, IReadOnlyList<TensorInfo> tensors) =>
        tensors.Zip(new GgufFormat().ChooseTypes(tensors, type)).ToDictionary(pair => pair.First.Name, pair => pair.Second.Name);

    private static int[] LayersOf(Dictionary<string, string> types, string ending, string type) =>
        [.. Enumerable.Range(0, Layers).Where(layer => types[$"model.layers.{layer}.{ending}"] == type)];

    private static List<TensorInfo> Model(int width) =>
    [
        new("model.embed_tokens.weight", DType.BF16, [100, width]),
        new("model.norm.weight", DType.BF16, [width]),
        .. Enumerable.Range(0, Layers).Reverse().SelectMany(layer => new TensorInfo[]
        {
            new($"model.layers.{layer}.self_attn.q_proj.weight", DType.BF16, [width, width]),
            new($"model.layers.{layer}.self_attn.v_proj.weight", DType.BF16, [width, width]),
            new($"model.layers.{layer}.mlp.down_proj.weight", DType.BF16, [width, width]),
        }),
    ];
}
