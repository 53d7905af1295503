using MergeHost.Architectures;

namespace MergeHost.Tests.Planning;

public sealed class TensorRolesTests
{
    [Theory]
    // Llama, Qwen 3, Gemma 2
    [InlineData("model.embed_tokens.weight", TensorRole.Embedding)]
    [InlineData("lm_head.weight", TensorRole.Head)]
    [InlineData("cls.predictions.bias", TensorRole.Head)]
    [InlineData("cls.predictions.decoder.weight", TensorRole.Head)]
    [InlineData("shared.weight", TensorRole.Embedding)]
    [InlineData("model.shared.weight", TensorRole.Embedding)]
    [InlineData("model.layers.0.mlp.shared.weight", TensorRole.Other)]
    [InlineData("model.norm.weight", TensorRole.Norm)]
    [InlineData("model.layers.0.input_layernorm.weight", TensorRole.Norm)]
    [InlineData("model.layers.0.post_attention_layernorm.weight", TensorRole.Norm)]
    [InlineData("model.layers.0.pre_feedforward_layernorm.weight", TensorRole.Norm)]
    [InlineData("model.layers.0.self_attn.q_norm.weight", TensorRole.Norm)]
    [InlineData("model.layers.0.self_attn.q_proj.weight", TensorRole.Query)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", TensorRole.Query)]
    [InlineData("model.layers.0.self_attn.k_proj.weight", TensorRole.Key)]
    [InlineData("model.layers.0.self_attn.v_proj.weight", TensorRole.Value)]
    [InlineData("model.layers.0.self_attn.o_proj.weight", TensorRole.AttentionOutput)]
    [InlineData("model.layers.0.mlp.gate_proj.weight", TensorRole.Gate)]
    [InlineData("model.layers.0.mlp.up_proj.weight", TensorRole.Up)]
    [InlineData("model.layers.0.mlp.down_proj.weight", TensorRole.Down)]
    [InlineData("model.layers.0.self_attn.rotary_emb.inv_freq", TensorRole.Other)]
    // Phi 3 fuses its projections.
    [InlineData("model.layers.0.self_attn.qkv_proj.weight", TensorRole.Other)]
    [InlineData("model.layers.0.mlp.gate_up_proj.weight", TensorRole.Other)]
    // Mixtral, DeepSeek, Qwen 2 MoE
    [InlineData("model.layers.0.block_sparse_moe.gate.weight", TensorRole.Router)]
    [InlineData("model.layers.0.block_sparse_moe.experts.3.w1.weight", TensorRole.Gate)]
    [InlineData("model.layers.0.block_sparse_moe.experts.3.w2.weight", TensorRole.Down)]
    [InlineData("model.layers.0.block_sparse_moe.experts.3.w3.weight", TensorRole.Up)]
    [InlineData("model.layers.3.mlp.gate.weight", TensorRole.Router)]
    [InlineData("model.layers.3.mlp.gate.e_score_correction_bias", TensorRole.Router)]
    [InlineData("model.layers.3.mlp.experts.17.gate_proj.weight", TensorRole.Gate)]
    [InlineData("model.layers.3.mlp.shared_experts.up_proj.weight", TensorRole.Up)]
    [InlineData("model.layers.3.mlp.shared_expert_gate.weight", TensorRole.Router)]
    [InlineData("model.layers.3.self_attn.kv_a_proj_with_mqa.weight", TensorRole.Other)]
    [InlineData("model.layers.3.self_attn.q_a_layernorm.weight", TensorRole.Norm)]
    [InlineData("model.layers.3.self_attn.kv_b_proj.weight", TensorRole.Other)]
    // GPT-2, GPT-NeoX, Llama's own names
    [InlineData("transformer.wte.weight", TensorRole.Embedding)]
    [InlineData("transformer.wpe.weight", TensorRole.Other)]
    [InlineData("transformer.h.0.ln_1.weight", TensorRole.Norm)]
    [InlineData("transformer.ln_f.bias", TensorRole.Norm)]
    [InlineData("transformer.h.0.attn.c_attn.weight", TensorRole.Other)]
    [InlineData("gpt_neox.embed_in.weight", TensorRole.Embedding)]
    [InlineData("embed_out.weight", TensorRole.Head)]
    [InlineData("tok_embeddings.weight", TensorRole.Embedding)]
    [InlineData("output.weight", TensorRole.Head)]
    [InlineData("layers.0.attention.output.weight", TensorRole.Other)]
    [InlineData("", TensorRole.Other)]
    public void Of_ANameOfAModel_IsWhatTheTensorDoes(string name, TensorRole role) => Assert.Equal(role, TensorRoles.Of(name));

    [Theory]
    [InlineData("model.embed_tokens.weight", true)]
    [InlineData("transformer.wte.weight", true)]
    [InlineData("transformer.wpe.weight", true)]
    [InlineData("model.embed_positions.weight", true)]
    [InlineData("model.norm.weight", false)]
    [InlineData("lm_head.weight", false)]
    [InlineData("score.weight", false)]
    public void IsBeforeLayers_OfAName_TellsEmbeddingsFromTheRest(string name, bool isBefore) =>
        Assert.Equal(isBefore, TensorRoles.IsBeforeLayers(name));

    [Theory]
    [InlineData("model.layers.0.self_attn.rotary_emb.inv_freq", true)]
    [InlineData("transformer.h.0.attn.bias", true)]
    [InlineData("transformer.h.0.attn.masked_bias", true)]
    [InlineData("model.embeddings.position_ids", true)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", false)]
    [InlineData("transformer.h.0.attn.c_attn.bias", false)]
    [InlineData("transformer.h.0.attn.weight", false)]
    public void IsBuffer_OfAName_TellsWhatAModelMakesByItself(string name, bool isBuffer) =>
        Assert.Equal(isBuffer, TensorRoles.IsBuffer(name));

    [Theory]
    [InlineData("transformer.wte.weight", true)]
    [InlineData("lm_head.weight", true)]
    [InlineData("model.norm.weight", false)]
    [InlineData("model.layers.0.self_attn.q_proj.weight", false)]
    public void IsByToken_OfAName_TellsEmbeddingAndHeadFromTheRest(string name, bool isByToken) =>
        Assert.Equal(isByToken, TensorRoles.IsByToken(name));
}
