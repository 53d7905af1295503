namespace MergeHost.Plugins.LanguageModel;

/// <summary>How a model goes on with a text, and how far.</summary>
internal sealed record GenerationOptions
{
    /// <summary>The most tokens that are added, at least 0; no more than the model's context has room for.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Texts before the first of which the addition ends.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>What logits are divided by before a token is drawn; 0 takes the likeliest.</summary>
    public double Temperature { get; init; }

    /// <summary>The least share of the likelihood that tokens are drawn from, the likeliest first, in (0, 1].</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The seed of draws; row r of a call draws from seed + r.</summary>
    public long Seed { get; init; }

    /// <summary>How many of the likeliest tokens are told at each place.</summary>
    public int Alternatives { get; init; }

    /// <summary>Whether the prompt's tokens are told, too, with how likely they were.</summary>
    public bool TellsPrompt { get; init; }
}
