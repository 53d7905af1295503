using System.ComponentModel.DataAnnotations;
using MergeHost.Builders;

namespace MergeHost.Plugins.Adapters.Building;

/// <summary>Parameters of the builder <c>lora</c>.</summary>
public sealed record LoraMergeOptions
{
    /// <summary>The adapters, all of one base.</summary>
    public required IReadOnlyList<MergedAdapter> Adapters { get; init; }

    /// <summary>How their changes become one.</summary>
    public CoreMethod Method { get; init; } = CoreMethod.TaskArithmetic;

    /// <summary>The factor λ on the merged change.</summary>
    [Range(-1000.0, 1000.0)]
    public double Lambda { get; init; } = 1;

    /// <summary>The largest rank of the result; without it nothing is cut.</summary>
    [Range(1, 65536)]
    public int? Rank { get; init; }

    /// <summary>The share of the squared singular values of each module's change that its rank holds;
    /// <see cref="Rank"/> is then the largest.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double? Energy { get; init; }

    /// <summary>
    /// The base, whose configuration then goes along; GGUF files need it, and adapters with trained biases or whole
    /// modules. Of the model only those tensors are read.
    /// </summary>
    [Model]
    public string? Base { get; init; }
}

/// <summary>How the changes of several adapters become one.</summary>
public enum CoreMethod
{
    /// <summary><c>λ·Σ wᵢΔᵢ</c></summary>
    TaskArithmetic,

    /// <summary><c>λ·Σ wᵢΔᵢ / Σ wᵢ</c></summary>
    Linear,

    /// <summary>TIES: each change is cut to its density, and of each element those count that have the sign of the sum.</summary>
    Ties,

    /// <summary>DARE: each change is thinned at random to its density and scaled up by as much, and then summed.</summary>
    DareLinear,

    /// <summary>DARE, with the vote on signs that TIES has.</summary>
    DareTies,

    /// <summary>TSV-M: what the directions of the changes have in common is parted by the nearest orthonormal ones.</summary>
    TsvM,
}
