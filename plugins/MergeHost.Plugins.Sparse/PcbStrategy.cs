using System.Numerics.Tensors;
using MergeHost.Kernels.Selection;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Sparse;

/// <summary>
/// Averages task vectors element by element, by how much each matters to its own task and how far the tasks agree: <c>θ₀ + λ · Σ sᵢτᵢ / Σ
/// sᵢ</c> with <c>βᵢ = exp(N · ‖|τᵢ|‖²) · tanh(τᵢ Σ τⱼ)</c>, where ‖·‖ takes the least number of a tensor to 0 and the largest to 1, and
/// <c>sᵢ</c> the βᵢ of the largest ratio · n elements from 0, which the others have, to 1.
/// </summary>
/// <remarks>
/// As in the authors' code each |τᵢ| is first cut off at its ⌊n/10⁴⌋-th from below and from above. They take least and largest numbers over
/// the whole model; here it is each tensor, so that memory does not grow with the model, and a tensor in which a task learned little counts
/// as one in which it learned much. The authors start at λ = 1.2 and tune it.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2410.02396">Parameter Competition Balancing for Model Merging</seealso>
/// <evidence>Its authors: 76.3 on eight tasks of ViT-B/32, between TIES and TSV-M (arXiv:2410.02396).
/// None controlled on language models.</evidence>
/// <failure>Task vectors of language models are small: tanh is a line there, and β the product with the sum alone.</failure>
/// <cost>Whole tensors in memory, with one more number for each source's element.</cost>
[MergeStrategy("pcb", Base = BaseUse.Required)]
public sealed class PcbStrategy : IMergeStrategy<PcbOptions>
{
    private const double Cut = 1e-4;
    private const float LeastSum = 1e-12f;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<PcbOptions> group)
    {
        PcbOptions options = group.Options;
        float[] weights = [.. group.Sources.Select(source => (float)source.Options.Weight)];
        return options.Lambda == 0 ? Treatment.CopyBase()
            : Treatment.Matrix((tensors, _) => Merge(tensors, options, weights),
                sizeof(float) * (weights.Length + 3) * group.Output.ElementCount);
    }

    private static void Merge(WholeTensors tensors, PcbOptions options, float[] weights)
    {
        ReadOnlySpan<float> @base = tensors.Base!.Value.Elements.Span;
        Span<float> result = tensors.Result.Elements.Span;
        float[][] taskVectors = [.. tensors.Sources.Select((source,
            i) => TaskVector(source.Elements.Span, tensors.Base!.Value.Elements.Span, weights[i]))];
        float[] sum = new float[@base.Length];
        foreach (float[] taskVector in taskVectors)
        {
            TensorPrimitives.Add(sum, taskVector, sum);
        }

        float[] scales = new float[@base.Length];
        float[] shares = new float[@base.Length];
        foreach (float[] taskVector in taskVectors)
        {
            tensors.Cancellation.ThrowIfCancellationRequested();
            TensorPrimitives.Abs(taskVector, shares);
            (float least, float largest) = Limits(shares, Cut, Cut);
            for (int i = 0; i < shares.Length; i++)
            {
                float magnitude = Math.Clamp(shares[i], least, largest);
                float own = Share(magnitude, least, largest);
                shares[i] = MathF.Exp(taskVectors.Length * own * own) * MathF.Tanh(taskVector[i] * sum[i]);
                taskVector[i] = MathF.CopySign(taskVector[i] == 0 ? 0 : magnitude, taskVector[i]);
            }

            // Above the least of them all, so that they are ordered by magnitude.
            TensorPrimitives.Subtract(shares, TensorPrimitives.MinNumber<float>(shares), shares);
            (least, largest) = Limits(shares, 1 - options.Ratio, 0);
            for (int i = 0; i < shares.Length; i++)
            {
                float share = Share(Math.Clamp(shares[i], least, largest), least, largest);
                result[i] += share * taskVector[i];
                scales[i] += share;
            }
        }

        for (int i = 0; i < result.Length; i++)
        {
            result[i] = @base[i] + ((float)options.Lambda * result[i] / Math.Max(scales[i], LeastSum));
        }
    }

    private static float[] TaskVector(ReadOnlySpan<float> source, ReadOnlySpan<float> @base, float weight)
    {
        float[] taskVector = new float[source.Length];
        TensorPrimitives.Subtract(source, @base, taskVector);
        TensorPrimitives.Multiply(taskVector, weight, taskVector);
        return taskVector;
    }

    // The numbers, none of them below zero, at ⌊n · below⌋ from the least and at ⌊n · (1 − above)⌋ − 1, in ascending order.
    private static (float Least, float Largest) Limits(ReadOnlySpan<float> values, double below, double above)
    {
        int first = Math.Min((int)(values.Length * below), values.Length - 1);
        int last = Math.Max((int)(values.Length * (1 - above)) - 1, first);
        return (SmallSelection.Select(values, values.Length - first).Threshold,
            SmallSelection.Select(values, values.Length - last).Threshold);
    }

    // All are alike where there is no distance.
    private static float Share(float value, float least, float largest) =>
        largest > least ? (value - least) / (largest - least) : float.IsNaN(value) ? value : 1;
}
