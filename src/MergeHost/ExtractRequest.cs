namespace MergeHost;

/// <summary>What adapter is to be made of two models.</summary>
public sealed record ExtractRequest
{
    /// <summary>The rank where nothing else is asked for.</summary>
    public const int UsualRank = 16;

    /// <summary>The rank of each matrix's change; with a rule that chooses ranks the largest,
    /// <see langword="null"/> for no limit.</summary>
    public int? Rank { get; init; }

    /// <summary>The share of each change's squared singular values that its rank is to hold, in (0, 1].</summary>
    public double? Energy { get; init; }

    /// <summary>Whether each rank is that of what stands out from noise.</summary>
    public bool NoiseEdge { get; init; }

    /// <summary>Whether every decomposition is a whole one.</summary>
    public bool IsExact { get; init; }

    /// <summary>Whether modules get the lengths of the trained model's rows too.</summary>
    public bool IsDora { get; init; }

    /// <summary>Whether embedding and head are saved whole.</summary>
    public bool KeepsEmbeddingsWhole { get; init; }
}
