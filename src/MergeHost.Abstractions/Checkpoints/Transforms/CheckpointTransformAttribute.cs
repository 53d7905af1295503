using System.Composition;

namespace MergeHost.Checkpoints;

/// <summary>Exports an <see cref="ICheckpointTransform"/> under an id, and names what marks the checkpoints it is for.</summary>
/// <remarks>
/// A recipe applies any transform by <c>apply: [{id: {option: value}}]</c>. The names here let the host decide whether a transform is
/// to be loaded where a recipe does not ask for it; in each, <c>*</c> stands for any run of characters.
/// </remarks>
/// <param name="id">The transform's name in recipes: lower snake case, such as <c>lora</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CheckpointTransformAttribute(string id) : ExportAttribute(typeof(ICheckpointTransform))
{
    /// <summary>The transform's name.</summary>
    public string Id { get; } = id;

    /// <summary>
    /// Names of tensors such as <c>*.weight_scale_inv</c>: the transform is asked about each checkpoint that has one
    /// (<see cref="ICheckpointTransform.Recognises"/>).
    /// </summary>
    public string[] Tensors { get; set; } = [];

    /// <summary>
    /// Fields at the top of <c>config.json</c>, such as <c>quantization_config</c>: the transform is asked about each checkpoint that has
    /// one (<see cref="ICheckpointTransform.Recognises"/>).
    /// </summary>
    public string[] ConfigFields { get; set; } = [];

    /// <summary>
    /// Names of files that mark an adapter, such as <c>adapter_config.json</c>: <c>BASE+NAME</c> in a recipe applies the transform with
    /// the option <c>path: NAME</c> if the folder NAME holds one.
    /// </summary>
    public string[] Adapters { get; set; } = [];

    /// <summary>
    /// Names of files that mark an adapter: where adapters by themselves are compared or scored, the transform, without options,
    /// makes of one the change that it makes to a base.
    /// </summary>
    public string[] Changes { get; set; } = [];

    /// <summary>
    /// Names of packings such as <c>fp8-block</c> that checkpoints can be written in through the transform, which then is a
    /// <see cref="Packings.IWritableCheckpointTransform"/>.
    /// </summary>
    public string[] Packings { get; set; } = [];
}
