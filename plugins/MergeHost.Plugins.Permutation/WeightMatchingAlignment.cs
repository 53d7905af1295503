using System.Text.Json.Nodes;
using MergeHost.Algebra;
using MergeHost.Alignments;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Algebra;

namespace MergeHost.Plugins.Permutation;

/// <summary>
/// Orders hidden units, attention heads, the channels of values and those of the residual stream of each model as they are most like those
/// of the base, or of the first model: of all orders P of a block that with the least <c>‖A − P·B‖²</c>, which is the linear assignment
/// with the most <c>Σ ⟨aᵢ, b_P(i)⟩</c>; block by block, until no block gains by another order.
/// </summary>
/// <remarks>
/// A model computes the same with its units in another order, but the average of two models is of use only if they agree on it.
/// Experts that were tuned from one base do, and are left as they are. The order of the residual stream begins with that of the
/// embeddings, so that nothing is left to chance and no seed is needed; the authors begin with none and visit blocks at random.
/// Experts of a mixture are not reordered among each other.
/// </remarks>
/// <seealso href="https://arxiv.org/abs/2209.04836">Git Re-Basin: Merging Models modulo Permutation Symmetries</seealso>
[ModelAlignment("weight_matching")]
public sealed class WeightMatchingAlignment : IModelAlignment<WeightMatchingOptions>
{
    /// <inheritdoc/>
    public AlignedModels Align(AlignmentContext context, WeightMatchingOptions options)
    {
        StageModel reference = context.Base ?? context.Models[0];
        Dictionary<string, TensorShape> shapes = reference.Checkpoint.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        List<string> lines = [];
        JsonArray report = [];
        return new AlignedModels
        {
            Checkpoints = [.. context.Models.Select(model => model == reference ? model.Checkpoint : Aligned(model))],
            Lines = lines,
            Report = new JsonObject { ["reference"] = reference.Name, ["models"] = report },
        };

        PermutedCheckpoint Aligned(StageModel model)
        {
            bool IsLike(TensorInfo tensor) => shapes.TryGetValue(tensor.Name, out TensorShape shape) && shape == tensor.Shape;
            ModelBlocks found = new(model, context.RoleOf);
            PermutableBlock[] blocks = [.. found.Blocks.Where(block => block.Axes.All(axis => IsLike(axis.Tensor)))];
            ResidualStream? residual = options.Residual ? found.ResidualStream(IsLike) : null;
            if (blocks.Length == 0 && residual is null)
            {
                throw new MergeHostException([new Problem(
                    ErrorCodes.NotSupported,
                    $"'{model.Name}' has no hidden units or heads that are known and that '{reference.Name}' has too", null)]);
            }

            int units = blocks.Count(block => block is HiddenUnits);
            lines.Add($"'{model.Name}' is ordered as '{reference.Name}' is: hidden units of {units} blocks, heads "
                + $"of {blocks.Length - units} attentions"
                + (residual is null ? "" : $", {residual.Width} channels of the residual stream")
                + (found.Others.Count == 0 ? "" : $"; {found.Others.Count} blocks stay as they are, as '{found.Others[0]}' does"));
            report.Add(new JsonObject
            {
                ["model"] = model.Name,
                ["hidden"] = units,
                ["attentions"] = blocks.Length - units,
                ["residual"] = residual?.Width,
                ["unchanged"] = new JsonArray([.. found.Others.Select(name => (JsonNode?)name)]),
            });
            return new PermutedCheckpoint(
                model.Checkpoint, Matched(model, reference.Checkpoint, blocks, residual, options.Rounds),
                $"weight_matching {options} {reference.Checkpoint.Identity}");
        }
    }

    // Blocks are independent of each other where the stream between them keeps its order; they are
    // matched one at a time, each by all processors.
    private static Dictionary<string, Lazy<MatchedWeights>> Matched(
        StageModel model, ICheckpointReader reference, PermutableBlock[] blocks, ResidualStream? residual, int rounds)
    {
        Lock oneAtATime = new();
        ManagedLinearAlgebra algebra = new();
        Dictionary<string, Lazy<MatchedWeights>> matched = [];
        Lazy<MatchedWeights> all = new(() => MatchAll(new(model.Name, reference, model.Checkpoint), blocks, residual!, rounds, algebra));
        foreach (PermutableBlock block in residual is null ? blocks : [.. blocks, residual])
        {
            Lazy<MatchedWeights> own = residual is not null ? all : new(() =>
            {
                lock (oneAtATime)
                {
                    MatchedWeights weights = new(model.Name, reference, model.Checkpoint);
                    weights.Use(block, block.Match(weights, algebra));
                    return weights;
                }
            });
            foreach ((TensorInfo tensor, _) in block.Axes)
            {
                matched[tensor.Name] = own;
            }
        }

        return matched;
    }

    private static MatchedWeights MatchAll(MatchedWeights weights, PermutableBlock[] blocks, ResidualStream residual, int rounds,
        ILinearAlgebra algebra)
    {
        weights.Use(residual, residual.MatchTables(weights, algebra));
        bool isBetter = true;
        for (int round = 0; round < rounds && isBetter; round++)
        {
            isBetter = false;
            foreach (PermutableBlock block in blocks)
            {
                isBetter |= weights.Use(block, block.Match(weights, algebra));
            }

            isBetter = isBetter && weights.Use(residual, residual.Match(weights, algebra));
        }

        return weights;
    }
}
