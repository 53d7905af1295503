using System.Text.Json.Nodes;

namespace MergeHost.Plugins.LanguageModel.Models.Settings;

/// <summary>What a kind of model does otherwise than Llama, and what its <c>config.json</c> may leave out.</summary>
/// <param name="Name">The name in <c>architectures</c>.</param>
internal sealed record DecoderArchitecture(string Name)
{
    /// <summary>Names of settings here, by what the kind calls them.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; init; } = new Dictionary<string, string>();

    /// <summary>The values of settings that are left out.</summary>
    public JsonObject Defaults { get; init; } = [];

    /// <summary>The setting that holds the text model's settings; <see langword="null"/> where they are those of the whole.</summary>
    public string? Section { get; init; }

    /// <summary>What tensors are called.</summary>
    public DecoderTensors Names { get; init; } = new();

    /// <summary>Parts of names of tensors that texts do not need.</summary>
    public IReadOnlyList<string> Unneeded { get; init; } = [];

    /// <summary>Whether weights are of <c>[in, out]</c>.</summary>
    public bool IsTransposed { get; init; }

    /// <summary>How norms compute.</summary>
    public NormKind Norm { get; init; } = NormKind.Rms;

    /// <summary>Whether norms of queries and keys go over all heads together.</summary>
    public bool NormsAllHeads { get; init; }

    /// <summary>Whether the pairs that are rotated are neighbours, and not of both halves of a head.</summary>
    public bool RotatesNeighbours { get; init; }

    /// <summary>Whether layers that look back at a window rotate by settings of their own.</summary>
    public bool HasLocalRotation { get; init; }

    /// <summary>Whether some layers do not rotate.</summary>
    public bool SkipsRotations { get; init; }

    /// <summary>Factors and caps.</summary>
    public Func<ConfigReader, ModelScales> Scales { get; init; } = _ => new ModelScales();

    /// <summary>The type of a layer by its number, and by whether it rotates, where <c>layer_types</c> does not say it.</summary>
    public Func<ConfigReader, int, bool, string> LayerType { get; init; } = (_, _, _) => LayerTypes.Full;
}

/// <summary>How norms compute.</summary>
internal enum NormKind
{
    /// <summary>By the root mean square.</summary>
    Rms,

    /// <summary>By the root mean square, with 1 added to the weights.</summary>
    RmsPlusOne,

    /// <summary>By mean and variance, with a bias.</summary>
    Layer,
}

/// <summary>What numbers of a model are multiplied with, or capped at; <see langword="null"/> for what is left as it is.</summary>
/// <param name="Embedding">The factor of embeddings.</param>
/// <param name="Attention">The factor of products of queries and keys; the reciprocal root of a head's size where it is not given.</param>
/// <param name="Residual">The factor of what attention and network add.</param>
/// <param name="Logits">The factor of logits.</param>
/// <param name="AttentionCap">What products of queries and keys are capped at, softly.</param>
/// <param name="LogitCap">What logits are capped at, softly.</param>
internal sealed record ModelScales(
    double? Embedding = null, double? Attention = null, double? Residual = null, double? Logits = null, double? AttentionCap = null,
    double? LogitCap = null);
