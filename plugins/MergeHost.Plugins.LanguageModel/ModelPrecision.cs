namespace MergeHost.Plugins.LanguageModel;

/// <summary>The type in which a model computes.</summary>
public enum ModelPrecision
{
    /// <summary>float32, whatever the weights are stored in.</summary>
    Float32,

    /// <summary>bfloat16: half the memory, and about two digits fewer.</summary>
    Bfloat16,
}
