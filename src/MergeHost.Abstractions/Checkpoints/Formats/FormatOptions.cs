using System.ComponentModel;

namespace MergeHost.Checkpoints;

/// <summary>The options of a format that has none of its own.</summary>
public sealed record FormatOptions
{
    /// <summary>The floating-point type that weights are stored in, such as <c>bf16</c>;
    /// <see langword="null"/>, the default, to keep types.</summary>
    [Description("The floating-point type that weights are stored in, such as bf16; by default types are kept.")]
    public string? Type { get; init; }
}
