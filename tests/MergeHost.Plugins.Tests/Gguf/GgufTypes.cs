using MergeHost.Plugins.Gguf;

namespace MergeHost.Plugins.Tests.Gguf;

/// <summary>The format's options in short.</summary>
internal static class GgufTypes
{
    public static IReadOnlyList<DType> ChooseTypes(this GgufFormat format, IReadOnlyList<TensorInfo> tensors, string? type,
        string? imatrix = null) =>
        format.ChooseTypes(tensors, new GgufOptions { Type = type, Imatrix = imatrix });
}
