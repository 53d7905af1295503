using System.Composition;

namespace MergeHost.Checkpoints;

/// <summary>Exports an <see cref="ICheckpointStore"/> under an id, and says which names it is asked for.</summary>
/// <param name="id">The store's name in messages: lower snake case, such as <c>huggingface</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CheckpointStoreAttribute(string id) : ExportAttribute(typeof(ICheckpointStore))
{
    /// <summary>The store's name.</summary>
    public string Id { get; } = id;

    /// <summary>
    /// Names that the store is asked for, with <c>*</c> for any run of characters, such as <c>hf:*</c>. The host decides by these alone,
    /// before it loads the plugin. Names that begin with <c>.</c>, <c>/</c> or <c>~</c> are always local paths.
    /// </summary>
    public string[] Names { get; set; } = [];
}
