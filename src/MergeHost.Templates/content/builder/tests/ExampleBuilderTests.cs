using MergeHost.Testing;

namespace Acme.Example.Tests;

/// <summary>What every builder must do, and what this one must do besides.</summary>
public sealed class ExampleBuilderTests : ModelBuilderContract<ExampleBuilder>
{
    protected override IReadOnlyDictionary<string, TinyCheckpoint> Models { get; } = new Dictionary<string, TinyCheckpoint> { ["deep"] = TinyCheckpoint.Llama(layers: 4) };

    protected override object Options { get; } = new ExampleOptions { Model = "deep" };

    [Fact]
    public void Build_OfFourLayers_MakesTheSecondOfTheThird() => Assert.Equal(
        "model.layers.2.mlp.up_proj.weight", Build().Tensors.Single(tensor => tensor.Name == "model.layers.1.mlp.up_proj.weight").Sources[0].Tensor);
}
