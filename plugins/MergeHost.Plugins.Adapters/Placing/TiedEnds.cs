using System.Text.Json.Nodes;
using MergeHost.Checkpoints;
using MergeHost.Kernels.Algebra.Matrices;
using MergeHost.Plugins.Adapters.Files;

namespace MergeHost.Plugins.Adapters.Placing;

/// <summary>The embedding and the head of a model, which may be one tensor.</summary>
internal sealed class TiedEnds
{
    private static readonly string[] _embeddings = ["embed_tokens", "wte", "word_embeddings", "tok_embeddings", "embed_in"];
    private static readonly string[] _heads = ["lm_head", "embed_out"];

    public TiedEnds(ICheckpointReader reader, JsonObject? config)
    {
        Embedding = reader.Tensors.Where(tensor => tensor.Shape.Rank == 2 && IsEmbedding(tensor.Name)).MaxBy(tensor => tensor.Shape[0]);
        bool? says = config.Find("tie_word_embeddings").AsTruth() ?? config.Find("text_config").Find("tie_word_embeddings").AsTruth();
        IsTied = Embedding is not null && says != false && !reader.Tensors.Any(tensor => IsHead(tensor.Name));
        const string usual = "model.embed_tokens.weight";
        HeadName = Embedding is not null && Embedding.Name.EndsWith("." + usual, StringComparison.Ordinal)
            ? $"{Embedding.Name[..^usual.Length]}lm_head.weight"
            : "lm_head.weight";
    }

    /// <summary>The embedding, or <see langword="null"/> if there is none.</summary>
    public TensorInfo? Embedding { get; }

    /// <summary>Whether the head is the embedding, and has no tensor of its own.</summary>
    public bool IsTied { get; }

    /// <summary>The name of a head of its own.</summary>
    public string HeadName { get; }

    /// <summary>Whether a name in the loaded model is that of the head's weight.</summary>
    public static bool IsHead(string name) => Ends(name, _heads);

    /// <summary>Whether a tensor is the weight of an embedding of tokens.</summary>
    public static bool IsEmbedding(string name) => Ends(name, _embeddings);

    /// <summary>Whether an adapter holds the same for the embedding and for the head, which is then trained as one.</summary>
    public static bool AreSame(AdapterFile adapter, TiedEnds ends)
    {
        AdapterModule[] heads = [.. adapter.Modules.Where(module => IsHead(module.Name + ".weight"))];
        AdapterModule[] embeddings = [.. adapter.Modules.Where(module => IsEmbedding(module.Name + ".weight"))];
        return heads is [AdapterModule head] && embeddings is [AdapterModule embedding] && head.Parts.Keys.All(part => part switch
        {
            "lora_A" => AreSame(head, part, embedding, "lora_embedding_B", isTransposed: true),
            "lora_B" => AreSame(head, part, embedding, "lora_embedding_A", isTransposed: true),
            _ => AreSame(head, part, embedding, part, isTransposed: false),
        });
    }

    private static bool AreSame(AdapterModule head, string part, AdapterModule embedding, string other, bool isTransposed)
    {
        if (!embedding.Has(other) || head.Parts[part].ElementCount != embedding.Parts[other].ElementCount)
        {
            return false;
        }

        Algebra.Matrix<float> one = head.Matrix(part);
        Algebra.Matrix<float> two = embedding.Matrix(other);
        return one.Elements.Span.SequenceEqual((isTransposed ? two.Transpose() : two).Elements.Span);
    }

    private static bool Ends(string name, string[] modules) => name.Split('.') is [.., string module, "weight"] && modules.Contains(module);
}
