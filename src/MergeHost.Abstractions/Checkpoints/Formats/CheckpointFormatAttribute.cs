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
    /// Names of the files that the format opens, with <c>*</c> for any run of characters, such as <c>*.gguf</c>. The host decides by
    /// names alone, before it loads the plugin.
    /// </summary>
    public string[] Files { get; set; } = [];

    /// <summary>
    /// Names of files or folders that mark the folder they are in as a checkpoint of this format, as patterns; <see cref="Files"/> where
    /// nothing is set.
    /// </summary>
    public string[] Markers { get; set; } = [];

    /// <summary>
    /// Decides where a folder is a checkpoint of several formats: the highest is opened, and a warning says so. If several are equal, the
    /// user must name a file. 0 by default.
    /// </summary>
    public int Preference { get; set; }

    /// <summary>
    /// Whether the user may name a single file to be written, of any name that <see cref="Files"/> covers; the writer then finds the name
    /// in <see cref="CheckpointLayout.FileName"/>, and writes that file alone.
    /// </summary>
    public bool IsSingleFile { get; set; }
}
