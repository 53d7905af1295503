using MergeHost.Kernels.Methods;

namespace MergeHost.Plugins.ModelStock;

/// <summary>Parameters of <c>model_stock</c>.</summary>
public sealed record ModelStockOptions
{
    /// <summary>Whether each row has a t of its own; if not, each tensor has.</summary>
    public bool FilterWise { get; init; }

    /// <summary>
    /// Whether t is held to 0 at least. Where task vectors point away from each other it is negative, as in mergekit, which goes from the
    /// base away from the mean of the models.
    /// </summary>
    public bool Clamp { get; init; }

    /// <summary>
    /// <c>mergekit</c> to take the angle between task vectors whose lengths multiply to less than 1e-6 for wider than it is.
    /// </summary>
    public Compat Compat { get; init; }
}
