using MergeHost.Checkpoints;
using MergeHost.Plugins.Moe.Naming;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Moe;

/// <summary>Experts by both sets of names, there and back.</summary>
public sealed class ExpertsTransformTests : CheckpointTransformContract<ExpertsTransform>
{
    private const int Experts = 12;

    protected override TinyCheckpoint Checkpoint => Fused("mixtral");

    [Theory]
    [InlineData("mixtral", "block_sparse_moe.experts.11.w1.weight", "block_sparse_moe.experts.11.w3.weight",
        "block_sparse_moe.gate.weight")]
    [InlineData("phimoe", "block_sparse_moe.experts.11.w1.weight", "block_sparse_moe.experts.11.w3.weight", "block_sparse_moe.gate.weight")]
    [InlineData("qwen3_moe", "mlp.experts.11.gate_proj.weight", "mlp.experts.11.up_proj.weight", "mlp.gate.weight")]
    [InlineData("deepseek_v3", "mlp.experts.11.gate_proj.weight", "mlp.experts.11.up_proj.weight", "mlp.gate.weight")]
    public void Apply_ToFusedExperts_NamesEachAsThatKindOfModelDoes(string type, string gate, string up, string router)
    {
        TinyCheckpoint fused = Fused(type);
        using ICheckpointReader result = Apply(fused.Open());
        byte[] stack = Stored(fused.Open(), "model.layers.0.mlp.experts.gate_up_proj");
        const int weight = 3 * 2 * sizeof(float);
        Assert.Equal(stack[(22 * weight)..(23 * weight)], Stored(result, $"model.layers.0.{gate}"));
        Assert.Equal(stack[(23 * weight)..], Stored(result, $"model.layers.0.{up}"));
        Assert.Contains(result.Tensors, tensor => tensor.Name == $"model.layers.0.{router}");
        Assert.Equal((3 * Experts) + 2, result.Tensors.Count);
        Assert.Contains("one by one", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mixtral")]
    [InlineData("phimoe")]
    [InlineData("qwen2_moe")]
    public void Apply_ThereAndBack_GivesTheSameTensors(string type)
    {
        TinyCheckpoint fused = Fused(type);
        using ICheckpointReader back = new ExpertsTransform()
            .Apply(Apply(fused.Open()), new ExpertsOptions { Names = ExpertNames.Fused }, new TransformContext(Open));
        Assert.Equal(fused.Tensors, back.Tensors);
        Assert.All(fused.Tensors, tensor => Assert.Equal(Stored(fused.Open(), tensor.Name), Stored(back, tensor.Name)));
    }

    [Theory]
    [InlineData("qwen3_moe", true)]
    [InlineData("gpt_oss", false)]
    [InlineData("llama4_text", false)]
    public void Recognises_WhatHasTwoSetsOfNames_AndNothingElse(string type, bool expected)
    {
        using ICheckpointReader checkpoint = Fused(type).Open();
        Assert.Equal(expected, new ExpertsTransform().Recognises(checkpoint));
        using ICheckpointReader packed = Fused(type)
            .Add(new TensorInfo("model.layers.0.mlp.experts.gate_up_proj", DType.F8_E4M3, [Experts, 6, 2]), new byte[Experts * 12]).Open();
        Assert.False(new ExpertsTransform().Recognises(packed));
        using ICheckpointReader dense = TinyCheckpoint.Llama().Open();
        Assert.False(new ExpertsTransform().Recognises(dense));
    }

    [Theory]
    [InlineData("model.layers.0.mlp.experts.5.up_proj.weight", "lacks a weight of expert 5")]
    [InlineData("model.layers.0.mlp.experts.5.", "lacks expert 5")]
    public void Apply_ToExpertsThatAreNotWhole_NamesWhatIsMissing(string missing, string message)
    {
        using ICheckpointReader separate = Apply(Fused("qwen3_moe").Open());
        TinyCheckpoint broken = new TinyCheckpoint().AddFile("config.json", """{"model_type": "qwen3_moe"}""");
        foreach (TensorInfo tensor in separate.Tensors.Where(tensor => !tensor.Name.StartsWith(missing, StringComparison.Ordinal)))
        {
            broken.Add(tensor, Stored(separate, tensor.Name));
        }

        CheckpointException refusal = Assert.Throws<CheckpointException>(() =>
            new ExpertsTransform().Apply(broken.Open(), new ExpertsOptions { Names = ExpertNames.Fused }, new TransformContext(Open)));
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    private static byte[] Stored(ICheckpointReader reader, string name)
    {
        TensorInfo tensor = reader.Tensors.Single(tensor => tensor.Name == name);
        byte[] bytes = new byte[tensor.LengthBytes];
        reader.Read(tensor, 0, bytes);
        return bytes;
    }

    private static TinyCheckpoint Fused(string type) => new TinyCheckpoint()
        .Add("model.embed_tokens.weight", DType.F32, [5, 2])
        .Add($"model.layers.0.mlp.{(type == "phimoe" ? "router" : "gate")}.weight", DType.F32, [Experts, 2])
        .Add("model.layers.0.mlp.experts.gate_up_proj", DType.F32, [Experts, 6, 2])
        .Add("model.layers.0.mlp.experts.down_proj", DType.F32, [Experts, 2, 3])
        .Configure("model_type", type);
}
