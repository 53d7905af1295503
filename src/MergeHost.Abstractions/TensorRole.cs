namespace MergeHost;

/// <summary>What a tensor does in a transformer, as far as its name tells.</summary>
public enum TensorRole
{
    /// <summary>None of the others, or a name of no known pattern.</summary>
    Other,

    /// <summary>Input embedding, one row a token.</summary>
    Embedding,

    /// <summary>Output head, one row a token.</summary>
    Head,

    /// <summary>Scale or shift of a normalisation.</summary>
    Norm,

    /// <summary>Query projection of attention.</summary>
    Query,

    /// <summary>Key projection of attention.</summary>
    Key,

    /// <summary>Value projection of attention.</summary>
    Value,

    /// <summary>Output projection of attention.</summary>
    AttentionOutput,

    /// <summary>Gate projection of a feed-forward block.</summary>
    Gate,

    /// <summary>Up projection of a feed-forward block.</summary>
    Up,

    /// <summary>Down projection of a feed-forward block.</summary>
    Down,

    /// <summary>Router of a mixture of experts.</summary>
    Router,
}
