using System.ComponentModel.DataAnnotations;
using MergeHost.Kernels.Methods;

namespace MergeHost.Plugins.Sce;

/// <summary>Parameters of <c>sce</c>.</summary>
public sealed record SceOptions
{
    /// <summary>
    /// The share of the elements on which the sources differ that is kept, those of the largest variance; at 1, all elements are.
    /// </summary>
    [Range(0.0, 1.0)]
    public double SelectTopk { get; init; } = 1;

    /// <summary><c>mergekit</c> to weigh all sources alike where the mean squares of their changes sum to less than 1e-6.</summary>
    public Compat Compat { get; init; }

    /// <summary>Accepted for mergekit's sake; has no effect, since masks take no memory here.</summary>
    public bool Int8Mask { get; init; }
}
