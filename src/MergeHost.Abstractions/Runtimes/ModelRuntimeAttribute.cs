using System.Composition;

namespace MergeHost.Runtimes;

/// <summary>Exports an <see cref="IModelRuntime"/> under a name.</summary>
/// <param name="id">The name: lower snake case, such as <c>torch</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelRuntimeAttribute(string id) : ExportAttribute(typeof(IModelRuntime))
{
    /// <summary>The name.</summary>
    public string Id { get; } = id;
}
