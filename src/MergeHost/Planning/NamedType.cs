using MergeHost.Checkpoints;
using MergeHost.Plans;
using MergeHost.Plugins.Metadata;

namespace MergeHost.Planning;

/// <summary>Files are named after the type of their tensors: <c>model-Q8_0.gguf</c> asks for it, where the recipe says nothing.</summary>
internal static class NamedType
{
    /// <summary>The type that an output's name ends with, in the format's words; <see langword="null"/> if that is no type.</summary>
    /// <param name="fileName">The name of an output that is a single file.</param>
    /// <param name="installed">The format.</param>
    /// <param name="format">The same, created.</param>
    public static string? Of(string? fileName, InstalledExport installed, IWritableCheckpointFormat format)
    {
        string[] parts = Path.GetFileNameWithoutExtension(fileName ?? "").Split('-', '.');
        return parts.Length > 1 && BoundFormat.Has(installed, format, parts[^1]) ? parts[^1] : null;
    }
}
