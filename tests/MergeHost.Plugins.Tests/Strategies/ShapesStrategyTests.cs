using MergeHost.Checkpoints;
using MergeHost.Plugins.Shapes;
using MergeHost.Strategies;
using MergeHost.Testing;

namespace MergeHost.Plugins.Tests.Strategies;

public sealed class LinesStrategyTests : MergeStrategyContract<LinesStrategy>
{
    [Theory]
    [InlineData(0, 5, TensorRole.Up, null, 0.25)]
    [InlineData(1, 5, TensorRole.Up, null, 0.25 + (0.75 / 4))]
    [InlineData(4, 5, TensorRole.Up, null, 1)]
    [InlineData(4, 5, TensorRole.Up, 0.5, 0.75)]
    [InlineData(0, 1, TensorRole.Up, null, 1)]
    [InlineData(null, 5, TensorRole.Embedding, null, 0.25)]
    [InlineData(null, 5, TensorRole.Norm, null, 1)]
    public void Merge_ScalesByDepth_WithEmbeddingsFirstAndTheRestLast(int? layer, int layers, TensorRole role, double? beta,
        double expected)
    {
        LinesOptions options = new() { Alpha = 0.25, Beta = beta };
        TensorGroup plain = Some.Group([1f], [9f]).Group(options, withBase: true);
        TensorGroup group = new()
        {
            Output = plain.Output,
            Role = role,
            Layer = layer,
            LayerCount = layers,
            Base = plain.Base,
            Sources = plain.Sources,
            Options = options
        };
        double factor = ((IMergeStrategy)Strategy).Merge(group) switch
        {
            CopyTreatment copy => copy.Source is null ? 0 : 1,
            ElementwiseTreatment scaled => scaled.Parameters[0, 0],
            _ => double.NaN,
        };
        Assert.Equal(expected, factor, 1e-6);
    }
}

public sealed class ClipStrategyTests : MergeStrategyContract<ClipStrategy>
{
    // ‖θ₀‖ = 5, and ‖τ‖ = 2.
    [Theory]
    [InlineData(0.5, 3, 4, 2)]
    [InlineData(0.4, 3, 4, 2)]
    [InlineData(0.2, 3, 4, 1)]
    [InlineData(0, 3, 4, 0)]
    public void Merge_OfATensor_KeepsItWithinTheLimit(double limit, float a, float b, float change) =>
        StrategyLaws.AssertNear([a, b + change], Merge(Some.Group([a, b], [a, b + 2]), new ClipOptions { Limit = limit }), 1e-6f);

    // The rows (3, 4) and (6, 8) with changes of length 2: the limit of the first is 1, that of the second 2.
    [Fact]
    public void Merge_OfRows_KeepsEachWithinItsOwnLimit()
    {
        TensorValues values = new([2, 2], [3, 4, 6, 8], [[3, 6, 8, 8]]);
        StrategyLaws.AssertNear([3, 5, 8, 8], Merge(values, new ClipOptions { Limit = 0.2, Of = ShapeScope.Row }), 1e-6f);
    }
}

public sealed class NormStrategyTests : MergeStrategyContract<NormStrategy>
{
    [Fact]
    public void Merge_GivesEachRowTheBasesLength_AndKeepsItsDirection()
    {
        TensorValues values = new([3, 2], [3, 4, 0, 2, 1, 1], [[6, 8, 5, 0, 0, 0]]);
        StrategyLaws.AssertNear([3, 4, 2, 0, 0, 0], Merge(values, new NormOptions()), 1e-6f);
    }

    [Fact]
    public void Merge_OfATensor_GivesItTheBasesLength() =>
        StrategyLaws.AssertNear([3, 0, 4, 0], Merge(new([2, 2], [0, 5, 0, 0], [[6, 0, 8, 0]]), new NormOptions { Of = ShapeScope.Tensor }),
            1e-6f);
}

public sealed class AimStrategyTests : MergeStrategyContract<AimStrategy>
{
    protected override object ValidOptions =>
        new AimOptions { Statistics = new AuxiliaryCheckpoint("nothing", new TinyCheckpoint().Open()) };

    // r = 1 − 0.6 · (4, 1, 0) / 4, on a change of 10.
    [Fact]
    public void Merge_HoldsTheTaskVectorBackWhereInputsAreLarge()
    {
        AuxiliaryCheckpoint statistics = new("base",
            new TinyCheckpoint().Add("model.layers.0.mlp.up_proj.abs_mean", DType.F32, [3], [4, 1, 0]).Open());
        TensorValues values = new([2, 3], [0, 0, 0, 1, 1, 1], [[10, 10, 10, 11, 11, 11]]);
        StrategyLaws.AssertNear([4, 8.5f, 10, 5, 9.5f, 11], Merge(values, new AimOptions { Statistics = statistics }), 1e-5f);
        StrategyLaws.AssertNear(values.Sources[0], Merge(values, new AimOptions { Statistics = statistics, Omega = 1 }), 1e-5f);
    }

    [Fact]
    public void Merge_WithoutStatisticsOfATensor_LeavesItAsItIs() => Assert.Equal([3, 4], Merge(Some.Group([1f, 2], [3, 4]), ValidOptions));
}
