namespace MergeHost;

/// <summary>What statistics of activations are taken of.</summary>
public sealed record StatisticsRequest
{
    /// <summary>How many tokens are read at most.</summary>
    public const int UsualTokens = 65_536;

    /// <summary>How many tokens are read at a time, as a text of their own.</summary>
    public const int UsualWindow = 512;

    /// <summary>The most tokens of the text that are read, at least 1; 65,536 by default.</summary>
    public int Tokens { get; init; } = UsualTokens;

    /// <summary>How many tokens are read at a time, at least 2; 512 by default, or what the model was made for if that is less.</summary>
    public int? Window { get; init; }

    /// <summary>Whether Gram matrices are taken, and not the means alone.</summary>
    public bool HasGrams { get; init; } = true;
}
