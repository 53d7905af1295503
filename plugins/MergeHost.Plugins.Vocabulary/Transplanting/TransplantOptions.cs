using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Vocabulary.Transplanting;

/// <summary>The options of <c>transplant</c>.</summary>
public sealed record TransplantOptions
{
    /// <summary>The model whose vocabulary is taken.</summary>
    public required string Donor { get; init; }

    /// <summary>How rows are made for tokens that the model lacks.</summary>
    public TransplantMethod Method { get; init; } = TransplantMethod.Omp;

    /// <summary>How many shared tokens <c>omp</c> and <c>common_interpolation</c> make a row of.</summary>
    [Range(1, 65536)]
    public int K { get; init; } = 64;

    /// <summary>How <c>common_interpolation</c> weighs the nearest tokens.</summary>
    public InterpolationWeights Weights { get; init; } = InterpolationWeights.DistanceProportional;

    /// <summary>Whether the nearest are those of the smallest angle, not of the smallest distance.</summary>
    public bool Cosine { get; init; }

    /// <summary>What <c>subword</c> makes of the rows of a token's parts.</summary>
    public SubwordRule Subword { get; init; } = SubwordRule.Mean;

    /// <summary>Where a token that the model lacks gets the row of the longest token that it begins with, if there is
    /// one, before <c>method</c> is asked.</summary>
    public PrefixMatch PrefixMatch { get; init; }
}

/// <summary>Where tokens get the rows of their beginnings.</summary>
public enum PrefixMatch
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>In the embedding; mergekit's <c>lm_head</c>, which swaps the two.</summary>
    Embedding,

    /// <summary>In the head; mergekit's <c>embed</c>.</summary>
    Head,

    /// <summary>In both.</summary>
    Both,
}

/// <summary>How rows are made.</summary>
public enum TransplantMethod
{
    /// <summary>Orthogonal matching pursuit: few shared tokens that make the donor's row, with
    /// the same coefficients on the model's.</summary>
    Omp,

    /// <summary>The shared tokens that are nearest in the donor.</summary>
    CommonInterpolation,

    /// <summary>The tokens that the model cuts the token's text into.</summary>
    Subword,

    /// <summary>The mean of the model's rows.</summary>
    Mean,

    /// <summary>Zeros.</summary>
    Zero,
}

/// <summary>How nearest tokens are weighed.</summary>
public enum InterpolationWeights
{
    /// <summary>By one over the distance; with <c>cosine</c>, by the cosine.</summary>
    DistanceProportional,

    /// <summary>Weights of sum 1 that come nearest to the donor's row.</summary>
    Barycentric,

    /// <summary>Any weights that come nearest to the donor's row.</summary>
    LeastSquares,
}

/// <summary>What is made of the rows of a token's parts.</summary>
public enum SubwordRule
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their mean, in the embedding with the most weight on the first and in the head on the last.</summary>
    WeightedMean,

    /// <summary>The last in the embedding, the first in the head.</summary>
    FirstLast,
}
