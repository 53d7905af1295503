using MergeHost.Algebra;
using MergeHost.Strategies;

namespace MergeHost.Plugins.Geometry;

/// <summary>
/// The mean direction of any number of models, at their mean length: <c>Σ wᵢ‖xᵢ‖ · m / ‖m‖</c> with <c>m = Σ wᵢ xᵢ / ‖xᵢ‖</c>, where x
/// are the models, or their task vectors if there is a base, to which the result is added.
/// </summary>
/// <remarks>
/// mergekit then takes a step in the tangent plane, which is zero by its own construction; it is left out here. Tensors that are zero in
/// all models, or that no model changed, stay as they are; mergekit ends the merge there. Two models whose directions cancel out
/// are added up, as in mergekit; more are refused.
/// </remarks>
/// <seealso href="https://github.com/arcee-ai/mergekit/blob/main/docs/merge_methods.md">mergekit's merge methods</seealso>
/// <evidence>None controlled.</evidence>
/// <failure>Models nearly opposite have no mean direction.</failure>
/// <cost>Two reads.</cost>
[MergeStrategy("multislerp", Base = BaseUse.Optional)]
public sealed class MultiSlerpStrategy : IMergeStrategy<MultiSlerpOptions>
{
    // What is left of directions that cancel out, of the square of their weights: the rounding of float32.
    private const double Rounding = 1e-13;

    /// <inheritdoc/>
    public Treatment Merge(TensorGroup<MultiSlerpOptions> group)
    {
        int sources = group.Sources.Count;
        if (sources == 1)
        {
            return Treatment.CopySource(0);
        }

        double[] weights = [.. group.Sources.Select(source => source.Options.Weight)];
        double sum = weights.Sum();
        if (group.Options.NormalizeWeights && sum == 0)
        {
            throw MergeException.Refused("weights sum to 0, so that they have no mean",
                "Change a weight, or set `normalize_weights: false`.");
        }

        weights = group.Options.NormalizeWeights ? [.. weights.Select(weight => weight / sum)] : weights;
        RunStatistic gram = GramMatrix.Of(sources, group.Base is not null);
        return Treatment.Measure([gram], measured =>
        {
            double[] coefficients = Coefficients(GramMatrix.From(measured.Of(gram), sources), weights, group.Options.Eps,
                group.Output.Name);
            return Combination.Of(coefficients);
        });
    }

    private static double[] Coefficients(Matrix<double> gram, double[] weights, double eps, string tensor)
    {
        double[] lengths = [.. weights.Select((_, i) => Math.Sqrt(gram[i, i]))];
        if (Array.TrueForAll(lengths, length => length == 0))
        {
            return weights;
        }

        double[] directions = [.. weights.Zip(lengths, (weight, length) => length == 0 ? 0 : weight / (length + eps))];
        double square = GramMatrix.SquaredLength(gram, directions);
        if (square >= Math.Max(eps * eps, Rounding * weights.Sum(weight => weight * weight)))
        {
            double scale = weights.Zip(lengths, (weight, length) => weight * length).Sum() / Math.Sqrt(square);
            return [.. directions.Select(direction => direction * scale)];
        }

        return weights.Length == 2 ? weights : throw MergeException.Refused(
            $"tensor '{tensor}': the weighted directions of {weights.Length} models cancel out, so that there is no mean direction",
            "Change the weights, or leave a model out.");
    }
}
