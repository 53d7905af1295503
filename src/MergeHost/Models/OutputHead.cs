using System.Text.Json.Nodes;
using MergeHost.Architectures;
using MergeHost.Checkpoints;

namespace MergeHost.Models;

/// <summary>The output head of a model, which may be its embedding: then it needs no tensor of its own.</summary>
/// <remarks>
/// Only a weight of <c>[vocabulary, width]</c>, the shape of the embedding, can be tied; other tensors of a head never are. A head that was
/// trained apart is kept, though <c>config.json</c> ties it: transformers 5 takes it, too.
/// </remarks>
internal static class OutputHead
{
    private const string Tie = "tie_word_embeddings";

    /// <summary>Whether a name is that of a weight that gives a number for each token.</summary>
    public static bool IsWeight(string name)
    {
        const string end = ".weight";
        if (!name.EndsWith(end, StringComparison.Ordinal))
        {
            return false;
        }

        string module = name[..^end.Length];
        module = module.EndsWith(".decoder", StringComparison.Ordinal) ? module[..^".decoder".Length] : module;
        int dot = module.LastIndexOf('.');
        return TensorRoles.Of(module[(dot + 1)..]) == TensorRole.Head
            && (dot < 0 || module[..dot].Split('.').All(part => TensorRoles.Of(part) != TensorRole.Head));
    }

    /// <summary>What <c>config.json</c> says of the head; <see langword="null"/> for nothing.</summary>
    public static bool? SaysTied(JsonObject? config) => config.Find(Tie).AsTruth() ?? config.Find("text_config").Find(Tie).AsTruth();

    /// <summary>Says that the head is not the embedding.</summary>
    public static void Untie(JsonObject config)
    {
        config[Tie] = false;
        if (config["text_config"] is JsonObject text)
        {
            text[Tie] = false;
        }
    }

    /// <summary>The head that tensors hold and the embedding that it could be;
    /// <see langword="null"/> if they hold none of that shape.</summary>
    public static (TensorInfo Head, TensorInfo Embedding)? Find(IEnumerable<TensorInfo> tensors)
    {
        TensorInfo[] stored = [.. tensors];
        return (from head in stored
                where head.Shape.Rank == 2 && IsWeight(head.Name)
                from embedding in stored
                where TensorRoles.Of(embedding.Name) == TensorRole.Embedding && embedding.Shape == head.Shape
                select ((TensorInfo, TensorInfo)?)(head, embedding)).FirstOrDefault();
    }

    /// <summary>Whether the head is the embedding. Where both are stored though one should do, their bytes
    /// are read, up to the first difference.</summary>
    /// <param name="stored">The tensors.</param>
    /// <param name="config"><c>config.json</c>; where it says nothing, some architectures tie
    /// and others do not, and the tensors tell.</param>
    /// <param name="open">Opens the checkpoint.</param>
    public static bool IsEmbedding(IReadOnlyList<TensorInfo> stored, JsonObject? config, Func<ICheckpointReader> open) =>
        SaysTied(config) switch
        {
            null => config is not null && !stored.Any(tensor => IsWeight(tensor.Name)),
            false => false,
            true => Find(stored) is not (TensorInfo head, TensorInfo embedding) || AreEqual(open(), head, embedding),
        };

    /// <summary>Whether a model that is stored has a head other than its embedding.</summary>
    public static bool IsApart(InputModel model) =>
        model.IsMade && Find(model.Stored) is (TensorInfo head, TensorInfo embedding) && !AreEqual(model.Open(), head, embedding);

    private static bool AreEqual(ICheckpointReader reader, TensorInfo head, TensorInfo embedding) =>
        new TensorComparison().AreEqual((reader, head), (reader, embedding), head.ElementCount);
}
