using System.ComponentModel.DataAnnotations;
using MergeHost.Builders;
using MergeHost.Plugins.Moe.Naming;

namespace MergeHost.Plugins.Moe;

/// <summary>Parameters of <c>moe</c>.</summary>
public sealed record MoeOptions
{
    /// <summary>The experts that tokens are sent to, in order.</summary>
    public required IReadOnlyList<ExpertOptions> Experts { get; init; }

    /// <summary>Experts that every token goes through.</summary>
    public IReadOnlyList<ExpertOptions> SharedExperts { get; init; } = [];

    /// <summary>What the router is made of.</summary>
    public GateMode GateMode { get; init; } = GateMode.Hidden;

    /// <summary>How many experts a token is sent to; 2, and 1 beside the shared expert of DeepSeek.</summary>
    [Range(1.0, double.PositiveInfinity)]
    public int? ExpertsPerToken { get; init; }

    /// <summary>The beginning of the name of what is built: <c>mixtral</c>, <c>deepseek</c>, <c>qwen</c> or <c>qwen3</c>; the first that
    /// suits the models if nothing is said.</summary>
    public string? Architecture { get; init; }

    /// <summary>Whether experts have tensors of their own, or one tensor holds them all.</summary>
    public ExpertNames Names { get; init; }

    /// <summary>Whether all experts may be one model other than the base.</summary>
    public bool AllowSameModels { get; init; }
}

/// <summary>An expert.</summary>
public sealed record ExpertOptions
{
    /// <summary>The dense model whose feed-forward network the expert is.</summary>
    [Model]
    public required string SourceModel { get; init; }

    /// <summary>Texts that the expert is for.</summary>
    public IReadOnlyList<string> PositivePrompts { get; init; } = [];

    /// <summary>Texts that the expert is not for.</summary>
    public IReadOnlyList<string> NegativePrompts { get; init; } = [];

    /// <summary>The standard deviation of normal noise that is added to the expert's weights.</summary>
    [Range(0.0, double.PositiveInfinity)]
    public double NoiseScale { get; init; }

    /// <summary>The factor on what the expert adds: on its <c>down_proj</c>, noise included.</summary>
    public double ResidualScale { get; init; } = 1;

    /// <summary>Where the recipe names the expert.</summary>
    public TextPlace? Place { get; init; }
}

/// <summary>What a router is made of.</summary>
public enum GateMode
{
    /// <summary>What comes into each layer at the last token of a prompt.</summary>
    Hidden,

    /// <summary>The same as <see cref="Hidden"/>.</summary>
    HiddenLast,

    /// <summary>The mean of what comes into each layer at the tokens of a prompt.</summary>
    HiddenAvg,

    /// <summary>The embeddings of the prompts' tokens: the same router in each layer, made without running a model.</summary>
    CheapEmbed,

    /// <summary>Normal noise, for a router that is trained later.</summary>
    Random,

    /// <summary>Uniform noise of a linear layer before training.</summary>
    UniformRandom,

    /// <summary>What the router of each layer is given at every token of the prompts, told apart by linear discriminants.</summary>
    TrueInput,
}
