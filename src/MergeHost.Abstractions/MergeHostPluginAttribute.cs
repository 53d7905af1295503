namespace MergeHost;

/// <summary>Marks an assembly as a plugin. The build writes it; its version is the assembly's informational version.</summary>
/// <param name="id">The plugin's id: lower case, digits and hyphens, such as <c>task-arithmetic</c>.</param>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class MergeHostPluginAttribute(string id) : Attribute
{
    /// <summary>The plugin's id.</summary>
    public string Id { get; } = id;
}
