using System.Numerics.Tensors;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Sparse;

/// <summary>
/// Gives each source elements of its own: in the order of the recipe each takes, of every run of m elements of a row, the n largest of its
/// task vector by magnitude that no source before it took; <c>θ₀ + λ · Σ wᵢ maskᵢ τᵢ</c>.
/// </summary>
/// <remarks>
/// The masks do not overlap and are spread evenly. Of equal magnitudes the lowest index is taken; of a shorter run at the end of a
/// row the same share, rounded up. The order matters: the first source chooses freely. The authors tune the weights by search; at
/// weights of 1 the sum of a few sources is short.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2503.01874">CABS: Conflict-Aware and Balanced Sparsification for Enhancing Model Merging</seealso>
/// <evidence>Its authors' Mistral-7B merges (arXiv:2503.01874).</evidence>
/// <failure>The order of sources decides; without tuned weights the sum is short.</failure>
/// <cost>Whole tensors in memory, a sort of each run.</cost>
[MergeStrategy("cabs", Base = BaseUse.Required)]
public sealed class CabsStrategy : IMergeStrategy<CabsOptions>
{
    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<CabsOptions> group)
    {
        if (group.Options.N > group.Options.M)
        {
            throw MergeException.Refused($"n is {group.Options.N}, more than the {group.Options.M} elements of a run",
                "Set `n:` to at most `m:`.");
        }

        float[] weights = [.. group.Sources.Select(source => (float)(group.Options.Lambda * source.Options.Weight))];
        return Treatment.Matrix((tensors, _) => Merge(tensors, group.Options, weights));
    }

    private static void Merge(WholeTensors tensors, CabsOptions options, float[] weights)
    {
        tensors.Base!.Value.Elements.CopyTo(tensors.Result.Elements);
        float[] magnitudes = new float[options.M];
        int[] order = new int[options.M];
        bool[] isTaken = new bool[options.M];
        for (int row = 0; row < tensors.Result.Rows; row++)
        {
            for (int start = 0; start < tensors.Result.Columns; start += options.M)
            {
                int length = Math.Min(options.M, tensors.Result.Columns - start);
                int count = (int)(((long)options.N * length + options.M - 1) / options.M);
                Array.Clear(isTaken);
                for (int i = 0; i < weights.Length; i++)
                {
                    ReadOnlySpan<float> source = tensors.Sources[i].Row(row).Slice(start, length);
                    ReadOnlySpan<float> origin = tensors.Base!.Value.Row(row).Slice(start, length);
                    Span<float> keys = magnitudes.AsSpan(0, length);
                    TensorPrimitives.Subtract(source, origin, keys);
                    Span<float> result = tensors.Result.Row(row).Slice(start, length);
                    foreach (int element in Take(keys, order, isTaken, count))
                    {
                        result[element] += weights[i] * (source[element] - origin[element]);
                    }
                }
            }

            tensors.Cancellation.ThrowIfCancellationRequested();
        }
    }

    // The largest that are free; NaN goes first, so that it shows.
    private static ReadOnlySpan<int> Take(Span<float> keys, int[] order, bool[] isTaken, int count)
    {
        int free = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            if (!isTaken[i])
            {
                keys[free] = float.IsNaN(keys[i]) ? float.NegativeInfinity : -MathF.Abs(keys[i]);
                order[free++] = i;
            }
        }

        count = Math.Min(count, free);
        Order(keys[..free], order.AsSpan(0, free));
        foreach (int element in order.AsSpan(0, count))
        {
            isTaken[element] = true;
        }

        return order.AsSpan(0, count);
    }

    // By key, and by index where keys are equal.
    private static void Order(Span<float> keys, Span<int> order)
    {
        keys.Sort(order, static (x, y) => x.CompareTo(y));
        for (int i = 0; i < keys.Length;)
        {
            int end = i + 1;
            while (end < keys.Length && keys[end] == keys[i])
            {
                end++;
            }

            order[i..end].Sort();
            i = end;
        }
    }
}
