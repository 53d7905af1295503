using System.ComponentModel.DataAnnotations;

namespace MergeHost.Plugins.Adapters;

/// <summary>Parameters of <c>lora</c>.</summary>
public sealed record LoraOptions
{
    /// <summary>The adapter's folder, with <c>adapter_config.json</c>, or its file of weights.</summary>
    public required string Path { get; init; }

    /// <summary>The factor on the whole change that the adapter makes: 1 merges it as it was trained, 0 leaves the base as it is.</summary>
    [Range(-10.0, 10.0)]
    public double Scale { get; init; } = 1;
}
