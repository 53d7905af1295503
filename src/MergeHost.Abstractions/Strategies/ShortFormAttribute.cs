namespace MergeHost.Strategies;

/// <summary>Marks the one option of a nested record that a recipe may write without its name: <c>source:
/// llama</c> for <c>source: {model: llama}</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ShortFormAttribute : Attribute;
