namespace MergeHost.Builders;

/// <summary>Marks a text among a builder's options as the name of a model: a recipe may write whatever it writes
/// for a model, and the host opens it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ModelAttribute : Attribute;
