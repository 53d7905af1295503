namespace MergeHost.Runtimes;

/// <summary>How a model goes on with a text, and how far.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens that are added, at least 0; the model's context may have room for fewer.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Texts before the first of which the addition ends; none by default.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether the space that some tokenizers put in front of every text is dropped
    /// before <see cref="Stop"/> is looked for.</summary>
    public bool DropsFirstBlank { get; init; }

    /// <summary>What logits are divided by before a token is drawn, at least 0; 0, the default, takes the likeliest,
    /// of equal ones that of the least id.</summary>
    public double Temperature { get; init; }

    /// <summary>The least share of the likelihood that tokens are drawn from, the likeliest first, in (0, 1]; 1 by default.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The seed of draws.</summary>
    public long Seed { get; init; }

    /// <summary>How many of the likeliest tokens are told at each place, at least 0; none by default.</summary>
    public int Alternatives { get; init; }

    /// <summary>Whether the prompt's tokens are told, too.</summary>
    public bool TellsPrompt { get; init; }
}
