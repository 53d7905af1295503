using MergeHost.Checkpoints;
using MergeHost.Plugins.Adapters;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Adapters;

/// <summary>What an adapter changes, without a base.</summary>
public sealed class LoraChangeTransformTests : CheckpointTransformContract<LoraChangeTransform>
{
    private const string Query = "base_model.model.model.layers.0.self_attn.q_proj";
    private const string Embedding = "base_model.model.model.embed_tokens";
    private const string Experts = "base_model.model.model.layers.0.mlp.experts";

    protected override TinyCheckpoint Checkpoint { get; } = new TinyCheckpoint()
        .Add($"{Query}.lora_A.weight", DType.F32, [1, 2], [1, 2]).Add($"{Query}.lora_B.weight", DType.F32, [3, 1], [1, 10, 100])
        .Add($"{Query}.lora_B.bias", DType.F32, [3], [1, 2, 3])
        .Add($"{Embedding}.lora_embedding_A", DType.F32, [1, 4], [1, 2, 3, 4])
        .Add($"{Embedding}.lora_embedding_B", DType.F32, [2, 1], [1, 10])
        .Add($"{Experts}.lora_A.weight", DType.F32, [2, 2], [1, 2, 3, 4])
        .Add($"{Experts}.lora_B.weight", DType.F32, [2, 2], [1, 10, 100, 1000])
        .AddFile("adapter_config.json",
            """{"peft_type": "LORA", "r": 1, "lora_alpha": 2, "lora_bias": true, "target_parameters": ["mlp.experts.down_proj"]}""");

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj.weight", new[] { 2f, 4, 20, 40, 200, 400 })]
    [InlineData("model.layers.0.self_attn.q_proj.bias", new[] { 2f, 4, 6 })]
    [InlineData("model.embed_tokens.weight", new[] { 2f, 20, 4, 40, 6, 60, 8, 80 })]
    [InlineData("model.layers.0.mlp.experts.down_proj", new[] { 2f, 4, 200, 400, 60, 80, 6000, 8000 })]
    public void Read_OfATensor_IsTheScaledProduct(string name, float[] expected)
    {
        using ICheckpointReader change = Apply(Checkpoint.Open());
        Assert.Equal(expected, AdapterCase.Read(change, name));
    }

    [Fact]
    public void Apply_ToAnAdapterWithWholeModules_LeavesThemOutByName()
    {
        TinyCheckpoint adapter = new TinyCheckpoint().Add($"{Query}.lora_A.weight", DType.F32, [1, 2])
            .Add($"{Query}.lora_B.weight", DType.F32, [3, 1])
                .Add("base_model.model.model.norm.weight", DType.F32, [2])
                .AddFile("adapter_config.json", """{"peft_type": "LORA", "r": 1}""");
        using ICheckpointReader change = Apply(adapter.Open());
        Assert.Equal("model.layers.0.self_attn.q_proj.weight", Assert.Single(change.Tensors).Name);
        Assert.Contains("'model.norm.weight'", Assert.Single(change.Warnings).Message, StringComparison.Ordinal);
    }
}
