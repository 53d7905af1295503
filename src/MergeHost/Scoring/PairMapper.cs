using MergeHost.Architectures;
using MergeHost.Checkpoints;
using MergeHost.Models;
using MergeHost.Plans;

namespace MergeHost.Scoring;

/// <summary>Finds the tensors of two models that belong together: those of one name.</summary>
internal static class PairMapper
{
    /// <summary>The pairs, in the order of the adapted model.</summary>
    /// <exception cref="CheckpointException">A tensor of one model is missing in the other, or has
    /// another shape there; all are named.</exception>
    public static IReadOnlyList<ScorePair> Map(InputModel @base, InputModel adapted)
    {
        List<Problem> problems = [.. Missing(@base, adapted), .. Missing(adapted, @base)];
        List<ScorePair> pairs = [];
        foreach (TensorInfo tensor in adapted.Stored.Where(tensor => @base.Tensors.ContainsKey(tensor.Name)))
        {
            TensorInfo before = @base.Tensors[tensor.Name];
            if (before.Shape.Equals(tensor.Shape))
            {
                pairs.Add(new ScorePair(tensor.Name, LayerTensorName.Parse(tensor.Name)?.Layer, new InputTensor(@base, before),
                    new InputTensor(adapted, tensor)));
            }
            else if (!TensorRoles.IsByToken(tensor.Name))
            {
                problems.Add(new Problem(ErrorCodes.ShapeMismatch,
                    $"tensor '{tensor.Name}': shape {tensor.Shape} in '{adapted.Name}', {before.Shape} in base '{@base.Name}'",
                    "Compare a model with the one it was trained on from."));
            }
        }

        return problems.Count == 0 ? pairs : throw new MergeHostException(problems);
    }

    private static IEnumerable<Problem> Missing(InputModel lacking, InputModel other)
    {
        List<string> names = [.. other.Stored.Select(tensor => tensor.Name)
            .Where(name => lacking.Find(name) is null && !TensorRoles.IsBuffer(name))];
        return names.Count == 0
            ? []
            : [new Problem(ErrorCodes.TensorMissing,
                $"'{lacking.Name}' lacks tensor '{names[0]}' of '{other.Name}'{(names.Count > 1 ? $" and {names.Count - 1} more" : "")}")];
    }
}
