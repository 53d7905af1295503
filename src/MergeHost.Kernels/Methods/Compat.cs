namespace MergeHost.Kernels.Methods;

/// <summary>Whose way a strategy takes where ours is another on purpose.</summary>
public enum Compat
{
    /// <summary>Ours.</summary>
    None,

    /// <summary>That of mergekit 0.1.5.</summary>
    Mergekit,
}
