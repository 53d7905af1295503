using System.Composition;

namespace MergeHost.Checkpoints;

/// <summary>Exports an <see cref="ICheckpointFormat"/> under an id, and tells which files it opens.</summary>
/// <param name="id">The format's name in recipes and messages: lower snake case, such as <c>safetensors</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CheckpointFormatAttribute(string id) : ExportAttribute(typeof(ICheckpointFormat))
{
    /// <summary>The format's name.</summary>
    public string Id { get; } = id;

    /// <summary>
    /// File names that mark a checkpoint of this format, with <c>*</c> for any run of characters, such as <c>*.gguf</c>. A file
    /// matches by its own name, a folder by a file in it. The host decides by these names alone, before it loads the plugin.
    /// </summary>
    public string[] Files { get; set; } = [];
}
