namespace MergeHost.Plugins.Moe.Naming;

/// <summary>How experts are named.</summary>
public enum ExpertNames
{
    /// <summary>A tensor for each weight of each expert, as all programs read them.</summary>
    Separate,

    /// <summary>One tensor for the experts of a layer, as transformers 5 has them in memory; older programs do not read it.</summary>
    Fused,
}
