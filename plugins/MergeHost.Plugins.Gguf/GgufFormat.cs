using MergeHost.Checkpoints;
using MergeHost.Plugins.Gguf.Reading;
using MergeHost.Plugins.Gguf.Writing;

namespace MergeHost.Plugins.Gguf;

/// <summary>llama.cpp's format: metadata and tensors, quantised or not, in one file or several.</summary>
/// <remarks>
/// Versions 2 and 3, little-endian, are read; version 3 is written. Stricter than ggml: names that hold control characters or climb
/// folders are refused. Types of files, for <c>--type</c> and <c>out_type</c>: same, mxfp4_moe, f32, f16, bf16, q4_0, q4_1, q5_0, q5_1,
/// q8_0, q2_k, q6_k, iq4_nl, iq4_xs, q3_k_s, q3_k_m, q3_k_l, q4_k_s, q4_k_m, q5_k_s, q5_k_m.
/// </remarks>
/// <seealso href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">The format</seealso>
[CheckpointFormat("gguf", Files = ["*.gguf"], IsSingleFile = true)]
public sealed class GgufFormat : IWritableCheckpointFormat<GgufOptions>
{
    /// <inheritdoc/>
    public ICheckpointReader Open(CheckpointFiles files) => GgufReader.Open(files);

    /// <inheritdoc/>
    public bool LeavesOut(TensorInfo tensor) => tensor.Name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Check(string folder, CheckpointLayout layout) => GgufWriter.Check(folder, layout);

    /// <inheritdoc/>
    public ICheckpointWriter Create(string folder, CheckpointLayout layout) => GgufWriter.Create(folder, layout);

    /// <inheritdoc/>
    public IReadOnlyList<DType> ChooseTypes(IReadOnlyList<TensorInfo> tensors, GgufOptions options)
    {
        IReadOnlyList<DType> types = TypeChoice.Choose(tensors, options.Type, hasImportance: options.Imatrix is not null);
        return options.Imatrix is { } path ? ImportanceMatrix.Read(path).Weigh(tensors, types) : types;
    }
}
