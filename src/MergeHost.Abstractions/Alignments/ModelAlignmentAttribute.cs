using System.Composition;

namespace MergeHost.Alignments;

/// <summary>Exports an <see cref="IModelAlignment"/> under an id.</summary>
/// <param name="id">The alignment's name in recipes: lower snake case, such as <c>vocabulary</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelAlignmentAttribute(string id) : ExportAttribute(typeof(IModelAlignment))
{
    /// <summary>The alignment's name.</summary>
    public string Id { get; } = id;
}
