namespace MergeHost.Strategies;

/// <summary>Marks an option whose values above its range count as the largest in it, with a
/// warning: recipes of the field carry such.</summary>
/// <remarks>Values are interpolated as they are written, and cut after that.</remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SaturatesAttribute : Attribute;
