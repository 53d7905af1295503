using System.Runtime.CompilerServices;
using MergeHost.Kernels.Vectors;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Shapes;

/// <summary>Gives the result the base's length: <c>θ · ‖θ₀‖ / ‖θ‖</c>, of each row or of the tensor; a mean of
/// models is shorter than each of them.</summary>
/// <remarks>A step of `then:`, or a merge of a single model, of which it keeps the directions. Vectors are
/// one row. What is all zeros stays so.</remarks>
/// <evidence>None as a merge; that directions and lengths of rows are learned apart is what DoRA rests on (arXiv:2402.09353).</evidence>
/// <failure>Models that learned by length, in norms and biases for example: filter these.</failure>
/// <cost>Two passes; the second from memory where there is room.</cost>
[MergeStrategy("norm", Base = BaseUse.Required, MaxSources = 1)]
public sealed class NormStrategy : IMergeStrategy<NormOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<NormOptions> group) => Lengths.Measure(
        group.Options.Of,
        (in TensorRun run, Span<double> squares) =>
        {
            squares[0] = RunArithmetic.Dot(run.Base, run.Base);
            squares[1] = RunArithmetic.Dot(run.Source(0), run.Source(0));
        },
        lengths =>
        {
            float[] factors = [.. lengths.Select(length => length.Second == 0 ? 1 : (float)(length.First / length.Second))];
            KernelParameters parameters = new(slots: 1, sources: 1);
            if (group.Options.Of == ShapeScope.Tensor)
            {
                parameters[Kernel.Factor, 0] = factors[0];
            }
            else
            {
                parameters.SetRows(Kernel.Factor, 0, factors, group.Output.Shape.RowLength);
            }

            return Treatment.Elementwise<Kernel>(parameters);
        });

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Factor = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V> => c.P(Factor, 0) * c.Source(0);
    }
}
