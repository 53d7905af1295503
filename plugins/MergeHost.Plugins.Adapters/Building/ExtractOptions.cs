using System.ComponentModel.DataAnnotations;
using MergeHost.Builders;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Parameters of the builder <c>extract</c>.</summary>
public sealed record ExtractOptions
{
    /// <summary>The model that was trained from the base.</summary>
    [Model]
    public required string Tuned { get; init; }

    /// <summary>The rank of each matrix's change, no more than its extents.</summary>
    [Range(1, 65536)]
    public int Rank { get; init; } = 16;

    /// <summary>Ranks of single matrices.</summary>
    public IReadOnlyList<MatrixRank> Ranks { get; init; } = [];

    /// <summary>Tensors that the adapter leaves as they are in the base.</summary>
    public IReadOnlyList<string> Unchanged { get; init; } = [];

    /// <summary>Whether every decomposition is a whole one, which takes longer than one of the leading directions.</summary>
    public bool Exact { get; init; }

    /// <summary>Whether each module gets the lengths of the trained model's rows too (DoRA).</summary>
    public bool Dora { get; init; }

    /// <summary>Whether embedding and head are saved whole, rather than as products. Those of a model
    /// that ties the two are always whole.</summary>
    public bool WholeEmbeddings { get; init; }
}

/// <summary>The rank of a matrix.</summary>
public sealed record MatrixRank
{
    /// <summary>The matrix, by the base's name.</summary>
    public required string Tensor { get; init; }

    /// <summary>Its rank; 0 leaves the matrix as it is in the base.</summary>
    [Range(0, 65536)]
    public required int Rank { get; init; }
}
