using MergeHost.Models;

namespace MergeHost.Tests.Planning;

public sealed class LayerStackTests
{
    [Fact]
    public void Find_InACheckpoint_PutsTheStackWithTheMostTensorsFirst()
    {
        LayerStack[] stacks = [.. LayerStack.Find(Tensors(
            "vision.blocks.0.w", "vision.blocks.1.w", "model.layers.2.q", "model.layers.0.q", "model.layers.0.k", "model.norm",
            "model.layers.10.q"))];
        Assert.Equal(["model.layers.", "vision.blocks."], stacks.Select(stack => stack.Prefix));
        Assert.Equal([0, 2, 10], stacks[0].Numbers);
        Assert.Equal([0, 1], stacks[1].Numbers);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.25)]
    [InlineData(3, 0.75)]
    [InlineData(4, 1)]
    public void Position_OfALayer_RunsFromZeroToOne(int layer, double position) =>
        Assert.Equal(position, new LayerStack("layers.", [0, 1, 2, 3, 4]).Position(layer));

    [Fact]
    public void Position_WhereNumbersAreLeftOut_GoesByTheLayersThatAreThere() =>
        Assert.Equal(0.5, new LayerStack("layers.", [0, 7, 9]).Position(7));

    [Fact]
    public void Position_OfTheOnlyLayer_IsOne() => Assert.Equal(1, new LayerStack("layers.", [0]).Position(0));

    private static IEnumerable<TensorInfo> Tensors(params string[] names) =>
        names.Select(name => new TensorInfo(name, DType.F32, [1]));
}
