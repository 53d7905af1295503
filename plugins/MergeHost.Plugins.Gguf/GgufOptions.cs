using MergeHost.Checkpoints;

namespace MergeHost.Plugins.Gguf;

/// <summary>How a GGUF file is written.</summary>
public sealed record GgufOptions
{
    /// <summary>
    /// The type of the weights in llama.cpp's words, such as <c>q4_k_m</c> or <c>bf16</c>, whatever their case; <c>same</c>,
    /// or none, the default, to keep types. A file that is named after a type, such as <c>model-Q4_K_M.gguf</c>, has it
    /// without being told. <c>out_type</c> is short for it.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>An importance matrix of llama-imatrix, by which weights are rounded; none by default.
    /// <c>out_imatrix</c> is short for it.</summary>
    [InputFile]
    public string? Imatrix { get; init; }
}
