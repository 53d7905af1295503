using MergeHost.Alignments;
using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Vocabulary.Rows;

/// <summary>A tensor with a row for each token: an embedding, a head, a head's bias.</summary>
/// <param name="Name">Its name where a model needs one for it.</param>
/// <param name="Parts">What each model has for it, in the order of the models; <see langword="null"/> where it has nothing.</param>
internal sealed record TokenTensor(string Name, IReadOnlyList<ModelRows?> Parts)
{
    /// <summary>Finds them in all models.</summary>
    public static IReadOnlyList<TokenTensor> Find(AlignmentContext context)
    {
        List<TensorInfo>[] own = [.. context.Models.Select(model => Of(model.Checkpoint, context.RoleOf).ToList())];
        Dictionary<string, ModelRows?[]> found = [];
        for (int model = 0; model < own.Length; model++)
        {
            foreach (TensorInfo tensor in own[model])
            {
                string name = NameOf(tensor, own[model]);
                if (!found.TryGetValue(name, out ModelRows?[]? parts))
                {
                    found.Add(name, parts = new ModelRows?[own.Length]);
                }

                parts[model] = new ModelRows(context.Models[model].Checkpoint, tensor, tensor.Name);
            }
        }

        // The embedding of a model that ties its head to it stands in for a head that others have.
        foreach ((string name, ModelRows?[] parts) in found)
        {
            if (context.RoleOf(name) == TensorRole.Head && parts.Any(part => part?.Info.Shape.Rank == 2))
            {
                for (int model = 0; model < parts.Length; model++)
                {
                    parts[model] ??= context.Models[model].TiesEmbeddings && Embedding(own[model]) is { } embedding
                        ? new ModelRows(context.Models[model].Checkpoint, embedding, name)
                        : null;
                }
            }
        }

        return [.. found.Select(pair => new TokenTensor(pair.Key, pair.Value))];

        TensorInfo? Embedding(List<TensorInfo> tensors) => tensors.Find(tensor => context.RoleOf(tensor.Name) == TensorRole.Embedding);

        // What wrappers put before a name does not count: the one tensor of its kind is the same in all models.
        string NameOf(TensorInfo tensor, List<TensorInfo> siblings)
        {
            bool IsAlike(TensorInfo other) =>
                context.RoleOf(other.Name) == context.RoleOf(tensor.Name) && other.Shape.Rank == tensor.Shape.Rank;
            List<TensorInfo> firsts = own[0].FindAll(IsAlike);
            return firsts.Exists(first => first.Name == tensor.Name) || firsts.Count != 1 || siblings.Count(IsAlike) != 1
                ? tensor.Name
                : firsts[0].Name;
        }
    }

    /// <summary>How many rows a checkpoint's embedding has; <see langword="null"/> without one.</summary>
    public static long? RowsOf(ICheckpointReader checkpoint, Func<string, TensorRole> roleOf) =>
        checkpoint.Tensors.FirstOrDefault(tensor => tensor.Shape.Rank == 2 && roleOf(tensor.Name) == TensorRole.Embedding)?.Shape[0];

    // A head of several layers has others, too, that have nothing to do with tokens.
    private static IEnumerable<TensorInfo> Of(ICheckpointReader checkpoint, Func<string, TensorRole> roleOf) =>
        RowsOf(checkpoint, roleOf) is { } rows
            ? checkpoint.Tensors.Where(tensor => tensor.Shape.Rank is 1 or 2 && tensor.Shape[0] == rows
                && roleOf(tensor.Name) is TensorRole.Embedding or TensorRole.Head)
            : [];
}

/// <summary>What a model has for such a tensor.</summary>
/// <param name="Reader">The model's checkpoint.</param>
/// <param name="Info">The tensor that is read.</param>
/// <param name="Name">The name that it gets in the aligned model.</param>
internal sealed record ModelRows(ICheckpointReader Reader, TensorInfo Info, string Name);
