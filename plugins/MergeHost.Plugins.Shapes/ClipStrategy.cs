using MergeHost.Kernels.Methods;
using MergeHost.Kernels.Vectors;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>Keeps the result near the base: <c>θ₀ + τ · min(1, limit · ‖θ₀‖ / ‖τ‖)</c>, of each tensor or of each row.</summary>
/// <remarks>A step of `then:`, or a merge of a single model. A trust region: what lies within is left as it is. Where the
/// base is all zeros, so is the result.</remarks>
/// <evidence>None as a merge; the bound is that of trust regions in optimisation.</evidence>
/// <failure>A limit below what training moved: `relative_change` of `mergehost score` tells how far that was.</failure>
/// <cost>Two passes; the second from memory where there is room.</cost>
[MergeStrategy("clip", Base = BaseUse.Required, MaxSources = 1)]
public sealed class ClipStrategy : IMergeStrategy<ClipOptions>
{
    private static readonly RunFunction _ofChange = InnerProducts.Among(1, ofTaskVectors: true);

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<ClipOptions> group) => Lengths.Measure(
        group.Options.Of,
        (in TensorRun run, Span<double> squares) =>
        {
            squares[0] = RunArithmetic.Dot(run.Base, run.Base);
            _ofChange(run, squares[1..]);
        },
        lengths =>
        {
            double[] factors = [.. lengths.Select(length => length.Second <= group.Options.Limit * length.First
                ? 1
                : group.Options.Limit * length.First / length.Second)];
            return group.Options.Of == ShapeScope.Tensor
                ? ScaledTaskVector.By(factors[0])
                : ScaledTaskVector.ByRow(factors, group.Output.Shape.RowLength);
        });
}
