using MergeHost.Architectures;

namespace MergeHost.Tests.Planning;

public sealed class LayerTensorNameTests
{
    [Theory]
    [InlineData("model.layers.3.mlp.up_proj.weight", "model.layers.", 3, ".mlp.up_proj.weight")]
    [InlineData("model.layers.12.block_sparse_moe.experts.7.w1.weight", "model.layers.", 12, ".block_sparse_moe.experts.7.w1.weight")]
    [InlineData("transformer.h.0.attn.c_attn.bias", "transformer.h.", 0, ".attn.c_attn.bias")]
    [InlineData("h.11.ln_1.weight", "h.", 11, ".ln_1.weight")]
    [InlineData("vision_tower.blocks.31.norm1.weight", "vision_tower.blocks.", 31, ".norm1.weight")]
    [InlineData("layers.5", "layers.", 5, "")]
    [InlineData("layers.99999.w", "layers.", 99999, ".w")]
    public void Parse_OfALayersTensor_TakesItApartAtTheFirstNumber(string name, string stack, int layer, string rest)
    {
        LayerTensorName parsed = LayerTensorName.Parse(name)!.Value;
        Assert.Equal(new LayerTensorName(stack, layer, rest), parsed);
        Assert.Equal(name, parsed.ToString());
    }

    [Theory]
    [InlineData("model.embed_tokens.weight")]
    [InlineData("lm_head.weight")]
    [InlineData("")]
    [InlineData("7.weight")]
    [InlineData("model.layers.3x.weight")]
    [InlineData("model.layers.-3.weight")]
    [InlineData("model.layers.100000.weight")]
    [InlineData("model.layers..weight")]
    [InlineData("model.layers.٣.weight")]
    public void Parse_OfAnotherTensor_GivesNothing(string name) => Assert.Null(LayerTensorName.Parse(name));
}
