using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using MergeHost.Algebra;
using MergeHost.Kernels.Methods;
using MergeHost.Lanes;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Spectral;

/// <summary>
/// The mean of the models, and of how each differs from it only the largest directions: <c>θ̄ + λ · Σ rankₖ(θᵢ − θ̄)</c>. No base is
/// needed.
/// </summary>
/// <remarks>k is <c>rank</c> of the smaller extent, at least 1. The differences sum to zero, so that without the cut nothing would be
/// added.</remarks> <seealso href="https://arxiv.org/abs/2412.12153">Revisiting Weight Averaging for Model Merging</seealso>
/// <evidence>Its authors' vision models (arXiv:2412.12153).</evidence>
/// <failure>Few sources: the mean already is all there is.</failure>
/// <cost>N decompositions of each matrix.</cost>
[MergeStrategy("cart", MinSources = 2)]
public sealed class CartStrategy : IMergeStrategy<CartOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<CartOptions> group)
    {
        if (group.Options.Lambda != 0 && MatrixMerge.RowsOf(group, group.Options.Embeddings) is { } rows)
        {
            return Treatment.Matrix((tensors, algebra) => Merge(tensors, algebra, rows, group.Options));
        }

        KernelParameters parameters = new(slots: 1, group.Sources.Count) { [Kernel.Share, 0] = 1f / group.Sources.Count };
        return Treatment.Elementwise<Kernel>(parameters);
    }

    private static void Merge(WholeTensors tensors, ILinearAlgebra algebra, int rows, CartOptions options)
    {
        int columns = tensors.Result.Columns;
        int rank = Math.Max(1, (int)Math.Ceiling(options.Rank * Math.Min(rows, columns)));
        float[] mean = new float[rows * columns];
        for (int first = 0; first < tensors.Result.Rows; first += rows)
        {
            Range part = (first * columns)..((first + rows) * columns);
            Array.Clear(mean);
            foreach (Matrix<float> source in tensors.Sources)
            {
                TensorPrimitives.Add(mean, source.Elements.Span[part], mean);
            }

            TensorPrimitives.Multiply(mean, 1f / tensors.Sources.Count, mean);
            Span<float> result = tensors.Result.Elements.Span[part];
            mean.CopyTo(result);
            foreach (Matrix<float> source in tensors.Sources)
            {
                Matrix<float> difference = new(rows, columns);
                TensorPrimitives.Subtract(source.Elements.Span[part], mean, difference.Elements.Span);
                Directions largest = Directions.Of(difference, algebra, rank);
                TensorPrimitives.MultiplyAdd(largest.With(largest.S, algebra).Elements.Span, (float)options.Lambda, result, result);
                tensors.Cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private readonly struct Kernel : IElementwiseKernel
    {
        public const int Share = 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V Apply<V, C>(in C c)
            where V : struct, IVec<V>
            where C : struct, IKernelContext<V>
        {
            V sum = V.Zero;
            for (int i = 0; i < c.SourceCount; i++)
            {
                sum += c.Source(i);
            }

            return sum * c.P(Share);
        }
    }
}
