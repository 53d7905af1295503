namespace MergeHost.Runtimes;

/// <summary>A state of a layer.</summary>
public enum ModelState
{
    /// <summary>What comes into the layer: of the first the embedding.</summary>
    LayerInput,

    /// <summary>What the feed-forward network, and the router before it, is given: normalised, after attention.</summary>
    FeedForwardInput,
}
