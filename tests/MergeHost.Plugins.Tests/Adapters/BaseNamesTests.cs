using MergeHost.Plugins.Adapters.Placing;

namespace MergeHost.Plugins.Tests.Adapters;

public sealed class BaseNamesTests
{
    private const string Text = "language_model.model.layers.0.self_attn.q_proj.weight";
    private const string Vision = "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.weight";

    [Theory]
    [InlineData("model.language_model.layers.0.self_attn.q_proj.weight", Text)]
    [InlineData("layers.0.self_attn.q_proj.weight", Text)]
    [InlineData("model.vision_tower.encoder.layers.0.self_attn.q_proj.weight", Vision)]
    [InlineData("model.audio_tower.layers.0.self_attn.q_proj.weight", null)]
    [InlineData("model.layers.1.self_attn.q_proj.weight", null)]
    [InlineData("model.layers.3.mlp.experts.1.gate_proj.weight", "model.layers.3.block_sparse_moe.experts.1.w1.weight")]
    [InlineData("model.layers.3.mlp.gate.weight", "model.layers.3.block_sparse_moe.gate.weight")]
    public void Find_OfANameInTheLoadedModel_GivesTheOneOnDisk(string name, string? expected)
    {
        BaseNames names = new([Tensor(Text), Tensor(Vision), Tensor("model.layers.3.block_sparse_moe.experts.1.w1.weight"),
            Tensor("model.layers.3.block_sparse_moe.gate.weight")]);
        Assert.Equal(expected, names.Find(name, out IReadOnlyList<TensorInfo> ambiguous)?.Name);
        Assert.Empty(ambiguous);
    }

    [Fact]
    public void Find_WhereTwoFitEqually_NamesBoth()
    {
        BaseNames names = new([Tensor("text_model.layers.0.up.weight"), Tensor("language_model.layers.0.up.weight")]);
        Assert.Null(names.Find("layers.0.up.weight", out IReadOnlyList<TensorInfo> ambiguous));
        Assert.Equal(2, ambiguous.Count);
    }

    private static TensorInfo Tensor(string name) => new(name, DType.F32, [2, 2]);
}
