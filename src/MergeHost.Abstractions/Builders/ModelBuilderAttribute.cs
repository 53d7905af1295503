using System.Composition;

namespace MergeHost.Builders;

/// <summary>Exports an <see cref="IModelBuilder"/> under an id.</summary>
/// <remarks>
/// A recipe asks for a builder by <c>build: {id: {option: value}}</c>. What other programs of the field have recipes of their own for is
/// recognised by a field of theirs.
/// </remarks>
/// <param name="id">The builder's name in recipes: lower snake case, such as <c>moe</c>.</param>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ModelBuilderAttribute(string id) : ExportAttribute(typeof(IModelBuilder))
{
    /// <summary>The builder's name.</summary>
    public string Id { get; } = id;

    /// <summary>
    /// Fields such as <c>experts</c>: a recipe that has one of them at its top, and names no other method, is for this builder; the fields
    /// that recipes do not have otherwise are its options.
    /// </summary>
    public string[] RecipeFields { get; set; } = [];
}
