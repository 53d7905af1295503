using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Spear;

/// <summary>Parameters of scorers that know what matrices are multiplied with.</summary>
public sealed record InputOptions
{
    /// <summary>The statistics of the activations of the base, or of the adapted model, as `mergehost statistics` takes them.</summary>
    public required AuxiliaryCheckpoint Statistics { get; init; }
}
